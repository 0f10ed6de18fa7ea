import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compare } from './compare.ts';
import { describe, minimise } from './minimise.ts';
import { PROPERTY_RUNS, PROPERTY_SEED } from './property-runs.ts';
import { type Scenario, scenarios } from './scenario.ts';

/** What must happen among the sequences, or they prove nothing. */
const INTERESTING = [
  'start by threshold',
  'start by corroborated',
  'start by slow',
  'start by cadence_broken',
  'start by threshold of a /64',
  'start by slow of a /64',
  'confirmed threshold',
  'confirmed slow',
  'waits for the beat',
  'quiet',
  'recognised',
  'habitual by beats',
  'habitual by windows',
  'pinned',
  'revoked',
  'trusted',
  'broken in the window',
  'broken out of the window',
  'cadence_broken rose',
  'slow rose',
  'threshold rose',
  'habit forgotten',
  'exception',
];

const SHARDS = [1, 2, 4, 8];

test('1, 2, 4 and 8 shards tell what the naive rules tell, whichever worker or process goes on', (t) => {
  const happened = new Map(INTERESTING.map((what) => [what, 0]));
  const property = fc.property(scenarios({ least: 1000, most: 1200 }), (scenario) => {
    for (const [what, times] of compare(scenario, SHARDS)) happened.set(what, (happened.get(what) ?? 0) + times);
  });
  const result = fc.check(property, { numRuns: PROPERTY_RUNS, seed: PROPERTY_SEED, endOnFailure: true });
  if (result.failed) explain(result.counterexample![0], `seed ${result.seed}, path ${result.counterexamplePath}`);
  t.diagnostic(`${PROPERTY_RUNS} sequences: ${[...happened].map(([what, times]) => `${what} ${times}`).join(', ')}`);
  for (const what of INTERESTING) assert.notEqual(happened.get(what), 0, what);
});

/** Fails with the shortest form of a scenario, and what went wrong in it. */
function explain(scenario: Scenario, origin: string): never {
  const errorOf = (candidate: Scenario) => {
    try {
      compare(candidate, SHARDS);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  };
  const shortest = minimise(scenario, (candidate) => errorOf(candidate) !== undefined);
  throw new Error(`${origin}\n${describe(shortest)}\n${errorOf(shortest)?.message}`);
}
