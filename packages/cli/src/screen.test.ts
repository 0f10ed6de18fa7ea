import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLAIN, screenOf } from './screen.ts';

test('a pipe has lines of any length and no colours', () => {
  assert.deepEqual(screenOf({ columns: 80, hasColors: () => true }), PLAIN);
});

test('a terminal has its width, or any if it tells none, and the colours that it says', () => {
  assert.deepEqual(screenOf({ isTTY: true, columns: 80, hasColors: () => true }), { width: 80, colours: true });
  assert.deepEqual(screenOf({ isTTY: true, columns: 0, hasColors: () => false }), PLAIN);
});
