import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentStatus, NOW_MS } from '../../test/agent-status.ts';
import { formatSpan } from './format-span.ts';
import { formatStatus } from './format-status.ts';

test('a status is the verdict, and then the exact sums', () => {
  assert.equal(
    formatStatus({ ...agentStatus(), atMs: NOW_MS, problems: [] }),
    `healthy
  agent      6f6f0d3e-8d8a-4a44-9d0c-1f0f0f0f0f0f, version 1.2.3, process 4711, up 2 h
  session    connected for 1 h, last acknowledgement 1 s ago
  identity   certificate that expires in 20 d
  policy     version 7, applied, hash abcdef
  kernel     1000 seen = 100 submitted + 0 lost + 900 filtered; 0 not seen
  rings      100 submitted = 90 processed + 10 waiting
  detector   5 sources, 25 services, 1 scans; 0 sightings shed, 0 workers died
  spool      50 batches = 48 acknowledged + 0 lost + 2 waiting, 3.0 MiB, on disk
  canary     1440 connections, 1440 seen by the probe
  resources  100.0 MiB resident, 20.0 MiB heap, 12.3 s of processor time
`,
  );
});

test('what is wrong comes first, and text of others cannot steer the terminal', () => {
  const session = {
    state: 'waiting',
    sinceMs: NOW_MS,
    lastError: '\u001b[2Jgone',
    nextRetryMs: NOW_MS + 2000,
  } as const;
  const text = formatStatus({ ...agentStatus({ session }), atMs: NOW_MS, problems: ['one', 'two'] });
  assert.match(
    text,
    /^degraded: one\n.*\n {2}also +two\n {2}session +waiting for 0 s, next try in 2 s, .*last error: \?\[2Jgone\n/,
  );
});

test('a span is told in its largest unit', () => {
  const spans = [-5, 999, 59_999, 60_000, 3_599_999, 86_400_000 * 29.9].map(formatSpan);
  assert.deepEqual(spans, ['0 s', '0 s', '59 s', '1 min', '59 min', '29 d']);
});
