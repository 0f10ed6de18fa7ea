import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventClock } from './event-clock.ts';

/** The steps for lines at these times, when something is due at those. */
function stepsOf(times: readonly number[], due: readonly number[] | 'always' = 'always'): number[] {
  const steps: number[] = [];
  const clock = createEventClock({
    advance: (nowMs) => steps.push(nowMs),
    dueMs() {
      const latestMs = steps.at(-1) ?? 0;
      return due === 'always' ? latestMs : (due.find((dueMs) => dueMs > latestMs) ?? Number.POSITIVE_INFINITY);
    },
  });
  for (const time of times) clock.moveTo(time);
  clock.end();
  return steps;
}

test('time moves second by second, ten seconds behind the latest line, and at the end steps where it is', () => {
  assert.deepEqual(stepsOf([5000.9, 15_000, 15_999, 16_000.2, 12_000, 17_100]), [6000, 7000, 7000]);
});

test('time moves to the steps in which something is due, and to the last one before a line', () => {
  const lines = [5300, 100_000, 100_500];
  assert.deepEqual(stepsOf(lines, [20_000, 20_100, 40_300, 95_000]), [20_300, 40_300, 89_300, 90_300, 90_300]);
});

test('a gap of a year in which nothing is due is one step', () => {
  const startMs = 1_700_000_000_000;
  const yearMs = 365 * 86_400_000;
  const endMs = startMs + yearMs - 10_000;
  assert.deepEqual(stepsOf([startMs, startMs + yearMs], []), [endMs, endMs]);
});

test('where the steps may fall depends on the first line alone', () => {
  const lines = [5300, 17_000, 90_000.5, 4_000_000];
  assert.deepEqual(stepsOf([5300, 4_000_000]), stepsOf(lines));
});

test('a single line is a step, and none is none', () => {
  assert.deepEqual(stepsOf([7000.5]), [7000]);
  assert.deepEqual(stepsOf([]), []);
});
