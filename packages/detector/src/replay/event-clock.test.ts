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

test('through a gap time moves in steps of its sixty-fourth at most, so that a year costs some hundred of them', () => {
  const startMs = 1_700_000_000_000;
  const yearMs = 365 * 86_400_000;
  const steps = stepsOf([startMs, startMs + yearMs]);
  assert.ok(steps.length < 1000);
  assert.equal(steps.at(-1), startMs + yearMs - 10_000);
  steps.slice(1).forEach((step, index) => {
    const before = steps[index]!;
    assert.ok(step - before <= Math.max(1000, (before - startMs) / 64));
  });
});

test('a single line is a step, and none is none', () => {
  assert.deepEqual(stepsOf([7000.5]), [7000]);
  assert.deepEqual(stepsOf([]), []);
});
