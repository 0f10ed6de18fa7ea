import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDuration } from './read-duration.ts';

test('a time is a number with its unit', () => {
  const problems: string[] = [];
  const read = ['0s', '30s', '10m', '2h', '7d'].map((text) => readDuration('soak', text, 604_800, problems));
  assert.deepEqual([read, problems], [[0, 30, 600, 7200, 604_800], []]);
});

test('anything else, and what is too long, is a problem', () => {
  const problems: string[] = [];
  for (const text of ['10', 'm', '1.5h', '-1s', '8d', '1w', '']) readDuration('soak', text, 604_800, problems);
  assert.equal(problems.length, 7);
  assert.equal(problems[0], '--soak: must be a time such as 30s, 10m, 2h or 1d, and at most 604800 seconds');
});
