import assert from 'node:assert/strict';
import { createRandom } from '@connscan/lab';
import { judge } from '../src/format-outcomes.ts';
import type { Scenario } from '../src/scenario.ts';

/** Plays few faults, the same ones each time; throws unless all that was promised is there once. */
export async function playQuickly(run: Scenario['run']): Promise<void> {
  const verdict = judge('', await run({ quick: true, random: createRandom(42), say() {} }));
  assert.ok(verdict.ok, JSON.stringify(verdict));
}
