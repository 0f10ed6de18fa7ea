/** `npm run evaluate`: real scanners and real health checkers, seen by the probe in this kernel. */
import { requireMachine } from '@connscan/demo';
import { ConnscanError } from '@connscan/model';
import { createProgram, runProgram, unknownArguments } from '@connscan/program';
import manifest from '../package.json' with { type: 'json' };
import { evaluate, SETTINGS } from './evaluate.ts';
import { formatVerdicts, totals } from './format-verdicts.ts';
import { SCENARIOS } from './scenarios.ts';

type EvaluateArguments = { readonly json?: boolean; readonly quick?: boolean; readonly only?: readonly string[] };

const description = 'Runs real scanners and real health checkers and shows what was detected, missed, wrongly detected';
const program = createProgram('npm run evaluate --', description, manifest.version)
  .option('--json', 'print one JSON object')
  .option('--quick', 'only some of the scenarios, under two minutes')
  .option('--only <name...>', 'only these scenarios')
  .allowUnknownOption()
  .allowExcessArguments()
  .action(async ({ json = false, quick = false, only }: EvaluateArguments, command) => {
    const problems = unknownArguments(command);
    if (quick && only) problems.push('--quick: goes not with --only');
    for (const name of only ?? []) {
      if (!SCENARIOS.some((scenario) => scenario.name === name)) {
        problems.push(`--only: ${name} is unknown, the scenarios are ${SCENARIOS.map(({ name }) => name).join(', ')}`);
      }
    }
    if (problems.length > 0) throw new ConnscanError('BAD_USAGE', problems.join('\n'));
    requireMachine();
    const chosen = SCENARIOS.filter(
      (scenario) => (!quick || scenario.quick) && (only?.includes(scenario.name) ?? true),
    );

    // From the beginning, so that Ctrl-C at any moment takes everything away.
    const interrupt = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());
    const say = (text: string) => process.stderr.write(`evaluate: ${text}\n`);
    say(`the policy is the default one but for ${JSON.stringify(SETTINGS)}`);
    try {
      const verdicts = await evaluate(chosen, say, interrupt.signal);
      const sums = totals(verdicts);
      process.stdout.write(
        json ? `${JSON.stringify({ settings: SETTINGS, scenarios: verdicts, ...sums })}\n` : formatVerdicts(verdicts),
      );
      process.exitCode = sums.missed + sums.falseConfirmed > 0 ? 1 : 0;
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      say('interrupted');
      process.exitCode = 1;
    }
  });
await runProgram(program);
