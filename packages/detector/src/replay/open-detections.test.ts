import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Detection } from '@connscan/model';
import { createOpenDetections } from './open-detections.ts';

const START: Detection = {
  id: '00112233445566778899aabbccddeeff',
  revision: 1,
  model: 'connscan_internal_internal',
  alertType: 'start',
  severity: 'low',
  confidence: 'tentative',
  rule: 'threshold',
  threshold: 10,
  source: '10.0.0.1',
  distinctServices: 10,
  distinctHosts: 1,
  distinctPorts: 10,
  failedServices: 2,
  slowServices: 10,
  habitualServices: 0,
  connections: { reset: 10 } as Detection['connections'],
  atLeast: false,
  firstSeenMs: 1000,
  lastSeenMs: 2000,
  startedMs: 2000,
  topPorts: [{ port: 80, hosts: 1 }],
  samples: [],
  techniques: ['T1046'],
};

test('a detection is as its latest alert, but for what was seen, which is that of the fullest', () => {
  const open = createOpenDetections();
  const fullest: Detection = { ...START, revision: 2, alertType: 'ongoing', severity: 'medium', distinctServices: 30 };
  const end: Detection = {
    ...START,
    ...{
      revision: 3,
      alertType: 'end',
      severity: 'medium',
      confidence: 'confirmed',
      endReason: 'quiet',
      endedMs: 9000,
    },
    ...{ distinctServices: 0, distinctHosts: 0, distinctPorts: 0, failedServices: 0, slowServices: 0 },
    ...{ connections: {} as Detection['connections'], topPorts: [], lastSeenMs: 3000 },
  };
  assert.equal(open.add(START), undefined);
  assert.equal(open.add(fullest), undefined);
  assert.deepEqual(open.rest(), [fullest]);
  assert.deepEqual(open.add(end), {
    ...fullest,
    ...{ revision: 3, alertType: 'end', confidence: 'confirmed', endReason: 'quiet', endedMs: 9000, lastSeenMs: 3000 },
  });
  assert.deepEqual(open.rest(), []);
});

test('what has not ended is told in the order of its beginning', () => {
  const open = createOpenDetections();
  for (const startedMs of [3000, 1000, 2000]) open.add({ ...START, id: String(startedMs), startedMs });
  assert.deepEqual(
    open.rest().map(({ startedMs }) => startedMs),
    [1000, 2000, 3000],
  );
});
