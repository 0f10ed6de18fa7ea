import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OUTCOMES, outcomeCode, outcomeOf } from './outcome.ts';

test('every outcome has a number and every number its outcome', () => {
  for (const outcome of OUTCOMES) assert.equal(outcomeOf(outcomeCode(outcome)), outcome);
});

test('a number that names no outcome gives none', () => {
  for (const code of [0, 6, 255, 1.5]) assert.equal(outcomeOf(code), undefined);
});
