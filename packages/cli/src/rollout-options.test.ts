import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRollout } from './rollout-options.ts';

test('what is left out is left to the aggregator', () => {
  assert.deepEqual(readRollout({}, []), {});
});

test('shares are numbers or percents, times have units', () => {
  const problems: string[] = [];
  const args = { stage: ['1%', '0.25', '100%'], soak: '2h', forecast: '0.5', factor: '3', reason: 'less noise' };
  assert.deepEqual(readRollout(args, problems), {
    ...{ stages: [0.01, 0.25, 1], soakSeconds: 7200, forecastPerHour: 0.5, factor: 3, reason: 'less noise' },
  });
  assert.deepEqual(problems, []);
});

test('every problem is told, with its option', () => {
  const problems: string[] = [];
  readRollout({ stage: ['0', '101%', 'half'], soak: 'long', forecast: '-1', factor: 'x' }, problems);
  assert.deepEqual(
    problems.map((problem) => problem.split(':')[0]),
    ['--stage', '--stage', '--stage', '--soak', '--forecast', '--factor'],
  );
});
