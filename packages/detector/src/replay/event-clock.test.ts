import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventClock } from './event-clock.ts';

function stepsOf(times: readonly number[]): number[] {
  const steps: number[] = [];
  const clock = createEventClock((nowMs) => steps.push(nowMs));
  for (const time of times) clock.moveTo(time);
  clock.end();
  return steps;
}

test('time moves second by second, ten seconds behind the latest line, and at the end steps where it is', () => {
  assert.deepEqual(stepsOf([5000.9, 15_000, 15_999, 16_000.2, 12_000, 17_100]), [6000, 7000, 7000]);
});

test('through a gap time moves second by second as long as something may happen, and then at once', () => {
  const startMs = 1_700_000_000_000;
  const yearMs = 365 * 86_400_000;
  const steps = stepsOf([startMs, startMs + yearMs]);
  const seconds = 50 * 3600;
  assert.deepEqual([steps[0], steps[seconds - 1]], [startMs + 1000, startMs + seconds * 1000]);
  assert.deepEqual(steps.slice(seconds), [startMs + yearMs - 10_000, startMs + yearMs - 10_000]);
});

test('where the steps fall depends on the first line alone', () => {
  const lines = [5300, 17_000, 90_000.5, 4_000_000];
  assert.deepEqual(stepsOf([5300, 4_000_000]), stepsOf(lines));
});

test('a single line is a step, and none is none', () => {
  assert.deepEqual(stepsOf([7000.5]), [7000]);
  assert.deepEqual(stepsOf([]), []);
});
