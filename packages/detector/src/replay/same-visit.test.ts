import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSameVisit } from './same-visit.ts';

const SECOND = 1000;
const [RESET, EMPTY_CLOSE, REFUSED] = [1, 2, 4];

/** Asks of one service of one source. */
function createTestFilter() {
  const filter = createSameVisit({ key: [1, 2], slots: 16 });
  const words = Int32Array.of(0, 0, 1, 2, 0, 0, 1, 3);
  return (sensor: number, atMs: number, outcome = RESET, port = 22) =>
    filter.isRepeated(words, 0, 4, port, outcome, atMs, sensor);
}

test('what one sensor tells is fed, and what another tells of the same service is not', () => {
  const isRepeated = createTestFilter();
  assert.equal(isRepeated(1, 100 * SECOND), false);
  assert.equal(isRepeated(2, 103 * SECOND), true);
  assert.equal(isRepeated(1, 110 * SECOND), false);
  assert.equal(isRepeated(1, 105 * SECOND), false, 'late');
  assert.equal(isRepeated(2, 113 * SECOND, EMPTY_CLOSE), true, 'an empty close is of the same class');
});

test('another service, and another kind of end, is fed whoever tells it', () => {
  const isRepeated = createTestFilter();
  isRepeated(1, 100 * SECOND);
  assert.equal(isRepeated(2, 100 * SECOND, RESET, 23), false);
  assert.equal(isRepeated(2, 100 * SECOND, REFUSED), false);
});

test('another sensor takes over a minute after the last word of the one before', () => {
  const isRepeated = createTestFilter();
  isRepeated(1, 100 * SECOND);
  assert.equal(isRepeated(2, 159 * SECOND), true);
  assert.equal(isRepeated(2, 160 * SECOND), false);
  assert.equal(isRepeated(1, 161 * SECOND), true);
});

test('a table that forgets feeds rather twice than not at all', () => {
  const isRepeated = createTestFilter();
  for (let port = 1; port <= 1000; port++) assert.equal(isRepeated(1, 100 * SECOND, RESET, port), false);
});
