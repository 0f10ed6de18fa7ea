import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTrend } from './format-trend.ts';
import { PLAIN } from './screen.ts';

const window = { since: '2026-01-31T10:30:00.000Z', until: '2026-01-31T14:00:00.000Z' };

test('a chart goes through every bucket, those with nothing in them as 0, and the keys are counted', () => {
  const buckets = [
    { at: '2026-01-31T10:00:00.000Z', key: 'LOW', count: 1 },
    { at: '2026-01-31T10:00:00.000Z', key: 'HIGH', count: 2 },
    { at: '2026-01-31T13:00:00.000Z', key: 'LOW', count: 4 },
  ];
  assert.equal(
    formatTrend({ bucketSeconds: 3600, buckets }, window, PLAIN),
    `  4┼  ╭
  3┼╮ │
  2┤│ │
  1┤│ │
  0┤╰─╯
from 2026-01-31T10:30:00.000Z to 2026-01-31T14:00:00.000Z, an hour a column

KEY   COUNT
LOW   5
HIGH  2
`,
  );
});

test('nothing is said', () => {
  const nothing = { bucketSeconds: 3600, buckets: [] };
  assert.equal(formatTrend(nothing, window, PLAIN), `nothing from ${window.since} to ${window.until}\n`);
});
