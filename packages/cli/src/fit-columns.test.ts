import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fitting, fitColumns } from './fit-columns.ts';

const whole = (width: number): Fitting => ({ width, least: undefined, mayDrop: false });
const cut = (width: number, least: number): Fitting => ({ width, least, mayDrop: false });
const drop = (width: number): Fitting => ({ width, least: undefined, mayDrop: true });

test('columns that fit are as wide as their longest cells', () => {
  assert.deepEqual(fitColumns([whole(4), cut(30, 8), drop(10)], 48), [4, 30, 10]);
  assert.deepEqual(fitColumns([whole(4), cut(30, 8)], Number.POSITIVE_INFINITY), [4, 30]);
  assert.deepEqual(fitColumns([], 10), []);
});

test('the widest of those that may be cut are cut first, and all of them to the same width', () => {
  assert.deepEqual(fitColumns([cut(30, 8), cut(12, 8), whole(4)], 38), [18, 12, 4]);
  assert.deepEqual(fitColumns([cut(30, 8), cut(12, 8), whole(4)], 28), [10, 10, 4]);
});

test('where cutting is not enough, the last of those that may be left out are; what is left has their room', () => {
  assert.deepEqual(fitColumns([cut(30, 8), drop(10), whole(4), drop(10)], 36), [18, 10, 4, 0]);
  assert.deepEqual(fitColumns([cut(30, 8), drop(10), whole(4), drop(10)], 20), [14, 0, 4, 0]);
});

test('what cannot fit stays as wide as it must be', () => {
  assert.deepEqual(fitColumns([cut(30, 8), whole(32)], 20), [8, 32]);
});
