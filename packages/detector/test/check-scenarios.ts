import fc from 'fast-check';
import type { Scenario, Step } from './scenario.ts';

/** Plays so many scenarios; the first that fails is told in its shortest form, with what went wrong in it. */
export function checkScenarios(
  scenarios: fc.Arbitrary<Scenario>,
  { runs, seed }: { readonly runs: number; readonly seed: number },
  play: (scenario: Scenario) => void,
): void {
  const result = fc.check(fc.property(scenarios, play), { numRuns: runs, seed, endOnFailure: true });
  if (!result.failed) return;
  const errorOf = (scenario: Scenario) => {
    try {
      play(scenario);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  };
  const shortest = minimise(result.counterexample![0], (scenario) => errorOf(scenario) !== undefined);
  const origin = `seed ${result.seed}, path ${result.counterexamplePath}`;
  throw new Error(`${origin}\n${describe(shortest)}\n${errorOf(shortest)?.stack}`);
}

/**
 * The steps without which a scenario would not fail: pieces are left out for as long as it still does, long ones first.
 * On two thousand steps this is far quicker than shrinking what they were made of.
 */
function minimise(scenario: Scenario, fails: (scenario: Scenario) => boolean): Scenario {
  let { steps } = scenario;
  for (let piece = steps.length >> 1; piece >= 1; piece >>= 1) {
    for (let from = 0; from < steps.length; ) {
      const fewer = steps.toSpliced(from, piece);
      if (fails({ ...scenario, steps: fewer })) steps = fewer;
      else from += piece;
    }
  }
  return { ...scenario, steps };
}

/** A scenario to be read: one step a line, times since its start. */
function describe({ policy, startedMs, steps }: Scenario): string {
  const { model, exceptions, habits, ...settings } = policy;
  return [`started at ${startedMs} by ${JSON.stringify({ ...settings, exceptions, habits })}`]
    .concat(steps.map((step) => lineOf(step, startedMs)))
    .join('\n');
}

function lineOf(step: Step, startedMs: number): string {
  const dies = step.fatalStore === undefined ? '' : `, a worker dies before store ${step.fatalStore}`;
  return actionOf(step, startedMs) + dies;
}

function actionOf(step: Step, startedMs: number): string {
  if (step.kind === 'advance') return `advance to ${step.nowMs - startedMs}`;
  if (step.kind === 'revoke') return `revoke ${Object.values(step.rule).join(' ')}`;
  if (step.kind !== 'observe') return step.kind;
  const { source, destination, port, outcome, atMs, process } = step.observation;
  return `${atMs - startedMs}: ${source} → ${destination} ${port}, outcome ${outcome}, process ${process}`;
}
