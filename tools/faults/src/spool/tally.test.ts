import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTally } from './tally.ts';

test('what was promised and neither delivered nor given up is lost', () => {
  const tally = createTally();
  for (let seq = 1; seq <= 4; seq++) tally.durable('e', seq, seq * 10);
  tally.sent('e', 1, 10);
  tally.loss('e', 5, [
    { from: 2, through: 2, batches: 1, reason: 'full' },
    { from: 3, through: 3, batches: 1, reason: 'damage' },
  ]);
  const { acknowledged, delivered, lost, givenUp, unexplainedGaps } = tally.outcome(1);
  assert.deepEqual([acknowledged, delivered, lost, givenUp, unexplainedGaps], [4, 1, 2, 1, 1]);
});

test('one batch under two numbers, and two under one, are duplicates', () => {
  const tally = createTally();
  tally.sent('e', 1, 10);
  tally.sent('e', 1, 10);
  assert.equal(tally.outcome(1).duplicated, 0);
  tally.sent('e', 2, 10);
  tally.sent('e', 1, 11);
  assert.equal(tally.outcome(1).duplicated, 2);
  tally.copy().sent('e', 3, 10);
  assert.equal(tally.outcome(1).duplicated, 2);
});
