/** `npm run faults`: real faults against the real parts, and whether anything that was promised is lost. */

import { createRandom } from '@connscan/lab';
import { ConnscanError } from '@connscan/model';
import { createProgram, runProgram, unknownArguments } from '@connscan/program';
import manifest from '../package.json' with { type: 'json' };
import { formatOutcomes, judge, type Verdict } from './format-outcomes.ts';
import { SCENARIOS } from './scenarios.ts';

const names = SCENARIOS.map(({ name }) => name);

type FaultsArguments = { readonly json?: boolean; readonly quick?: boolean; readonly seed?: string };

const program = createProgram('npm run faults --', 'Breaks things and counts what is lost', manifest.version)
  .argument('[name]', `${names.join(', ')}; all of them if left out`)
  .option('--json', 'print one JSON object')
  .option('--quick', 'few faults, a few seconds each')
  .option('--seed <number>', 'of what is drawn; another one each time if left out')
  .allowUnknownOption()
  .allowExcessArguments()
  .action(async (name: string | undefined, { json = false, quick = false, seed }: FaultsArguments, command) => {
    const problems = unknownArguments(command);
    if (name !== undefined && !names.includes(name)) {
      problems.unshift(`${name}: unknown, the scenarios are ${names.join(', ')}`);
    }
    if (seed !== undefined && !/^\d{1,10}$/.test(seed)) problems.push(`--seed: must be a whole number, is "${seed}"`);
    if (problems.length > 0) throw new ConnscanError('BAD_USAGE', problems.join('\n'));

    const drawn = seed === undefined ? Date.now() % 2 ** 31 : Number(seed);
    const verdicts: Verdict[] = [];
    for (const scenario of SCENARIOS) {
      if (name !== undefined && scenario.name !== name) continue;
      const say = (text: string) => process.stderr.write(`faults ${scenario.name}: ${text}\n`);
      say(`seed ${drawn}`);
      verdicts.push(judge(scenario.name, await scenario.run({ quick, random: createRandom(drawn), say })));
    }
    process.stdout.write(json ? `${JSON.stringify({ seed: drawn, scenarios: verdicts })}\n` : formatOutcomes(verdicts));
    process.exitCode = verdicts.every(({ ok }) => ok) ? 0 : 1;
  });
await runProgram(program);
