import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSummary } from './format-summary.ts';

test('a summary tells what was read, what was left out and why, and what it took', () => {
  const text = formatSummary({
    ...{ lines: 1000, connections: 100, malformed: 3, skipped: { 'with data': 800, 'not TCP': 97, header: 0 } },
    ...{ late: 1, ignored: 2, sources: 7, evictedSources: 4, evictedServices: 5, episodesPutOff: 6, failedFiles: 0 },
    ...{ tableBytes: 2 ** 25, peakBytes: 2 ** 27, detections: 9, confirmed: 8, elapsedMs: 250 },
  });
  assert.deepEqual(text.split('\n'), [
    '1000 lines in 0.25 s (4000 a second), 3 malformed',
    'skipped: 800 with data, 97 not TCP',
    '100 connections looked at, 1 late, 2 ignored',
    '7 sources at the end; for want of room 4 sources and 5 services left, 6 detections waited',
    'memory: 32.0 MiB of tables, 128.0 MiB in all',
    '9 detections, 8 confirmed',
    '',
  ]);
});
