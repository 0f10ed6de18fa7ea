/** `npm run bench`: measures on this machine, beside a limit or a peer in the same run. */
import { ConnscanError } from '@connscan/model';
import { createProgram, runProgram, unknownArguments } from '@connscan/program';
import manifest from '../package.json' with { type: 'json' };
import { BENCHES } from './benches.ts';
import { formatResults } from './format-results.ts';
import { describeMachine } from './machine.ts';

const names = [...BENCHES.keys()];

const program = createProgram(
  'npm run bench --',
  'Measures how fast the parts are and what they cost',
  manifest.version,
)
  .argument('[name]', `${names.join(' or ')}; all of them if left out`)
  .option('--json', 'print one JSON object for each benchmark')
  .allowUnknownOption()
  .allowExcessArguments()
  .action(async (name: string | undefined, { json = false }: { json?: boolean }, command) => {
    const problems = unknownArguments(command);
    // An unknown option in front of it takes its place.
    if (name !== undefined && !BENCHES.has(name)) {
      problems.unshift(`${name}: unknown, the benchmarks are ${names.join(', ')}`);
    }
    if (problems.length > 0) throw new ConnscanError('BAD_USAGE', problems.join('\n'));
    for (const chosen of name === undefined ? names : [name]) await measure(chosen, json);
  });
await runProgram(program);

async function measure(bench: string, json: boolean): Promise<void> {
  const results = await BENCHES.get(bench)!((step) => process.stderr.write(`bench ${bench}: ${step}\n`));
  const machine = describeMachine();
  process.stdout.write(
    json ? `${JSON.stringify({ bench, machine, results })}\n` : `${bench}: ${formatResults(machine, results)}`,
  );
}
