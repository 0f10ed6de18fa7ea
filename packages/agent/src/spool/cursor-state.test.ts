import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_BATCH_ROWS } from '@connscan/wire';
import { type CursorState, decodeCursorState, encodeCursorState, MAX_RANGES, SLOT_BYTES } from './cursor-state.ts';

const far = 10 ** 12 - 1;
const losses = Array.from({ length: MAX_BATCH_ROWS }, () => ({
  from: far,
  through: far,
  batches: far,
  rows: far,
  reason: 'damage' as const,
}));
const state: CursorState = {
  version: far,
  epoch: '7f3f1c9e-32a5-4c5e-9f0e-0f6f6e1d2b3a',
  through: far,
  lostFull: far,
  lostDamage: far,
  settled: Array.from({ length: MAX_RANGES }, () => [far, far]),
  coarse: false,
  told: { seq: far, timeMs: far, losses },
  untold: losses,
};

test('the largest state fits into a slot, and is read as it was written', () => {
  const bytes = encodeCursorState(state)!;
  assert.ok(bytes.length <= SLOT_BYTES);
  assert.deepEqual(decodeCursorState(Buffer.concat([bytes, Buffer.alloc(100)])), state);
});

test('a slot of zeros, an empty one and a torn one are none', () => {
  const bytes = encodeCursorState({ ...state, settled: [] })!;
  assert.equal(decodeCursorState(Buffer.alloc(SLOT_BYTES)), undefined);
  assert.equal(decodeCursorState(Buffer.alloc(0)), undefined);
  assert.equal(decodeCursorState(bytes.subarray(0, -1)), undefined);
  bytes[20]! ^= 1;
  assert.equal(decodeCursorState(bytes), undefined);
});
