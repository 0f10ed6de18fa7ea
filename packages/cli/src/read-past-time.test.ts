import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPastTime } from './read-past-time.ts';

const NOW_MS = Date.parse('2026-01-31T12:00:00Z');

test('a time is one with its zone, a day, or so long ago', () => {
  const problems: string[] = [];
  const times = ['2026-01-01T00:00:00+01:00', '2026-01-01', '30m', '24h', '7d'];
  assert.deepEqual(
    times.map((text) => readPastTime('since', text, NOW_MS, problems)),
    [
      ...['2025-12-31T23:00:00.000Z', '2026-01-01T00:00:00.000Z', '2026-01-31T11:30:00.000Z'],
      ...['2026-01-30T12:00:00.000Z', '2026-01-24T12:00:00.000Z'],
    ],
  );
  assert.deepEqual(problems, []);
});

test('anything else is a problem of the option', () => {
  for (const text of ['', 'yesterday', '2026-01-01T00:00:00', '2026-13-01', '5', '5w', '-5m']) {
    const problems: string[] = [];
    readPastTime('since', text, NOW_MS, problems);
    assert.match(problems.join(), /^--since: must be a time such as/, text);
  }
});
