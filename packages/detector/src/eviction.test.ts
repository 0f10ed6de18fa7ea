import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY, modelPolicy } from '@connscan/model';
import { scan } from '../test/scan.ts';
import { createShard, openDetector } from './index.ts';

const POLICY = { ...modelPolicy(DEFAULT_POLICY, 'connscan_internal_internal'), warmUpSeconds: 0 };

test('a source keeps its latest 1,024 services, and its counts say that they are lower bounds', () => {
  const detector = openDetector(
    createShard({ sources: 4, services: 4096, episodes: 4, key: [1, 2], startedMs: 0 }),
    POLICY,
  );
  scan(detector, { count: 1024, everyMs: 1 });
  assert.equal(detector.takeAlerts()[0]?.atLeast, false);
  scan(detector, { port: 2000, count: 1, fromMs: 60_000 });
  const [alert] = detector.takeAlerts();
  assert.deepEqual([alert?.distinctServices, alert?.atLeast], [1024, true]);
  assert.equal(detector.counters().evictedServices, 1);
  // The one that comes is the oldest: it goes.
  scan(detector, { port: 3000, count: 1, fromMs: 0 });
  assert.equal(detector.counters().evictedServices, 2);
  assert.equal(detector.counters().services, 1024);
});

test('a count is exact again when the services that lost their place would have left the window', () => {
  const detector = openDetector(
    createShard({ sources: 4, services: 4096, episodes: 4, key: [1, 2], startedMs: 0 }),
    POLICY,
  );
  scan(detector, { count: 1025 });
  scan(detector, { count: 10, fromMs: 299_999 });
  assert.equal(detector.takeAlerts()[0]?.atLeast, true);
  detector.advance(330_000);
  const [alert] = detector.takeAlerts();
  assert.deepEqual([alert?.distinctServices, alert?.atLeast], [10, false]);
});

test('a full table of sources gives up one that shows little, not one near the threshold or with a detection', () => {
  const size = { sources: 256, services: 4096, episodes: 4, key: [3, 4] as const, startedMs: 0 };
  const detector = openDetector(createShard(size), POLICY);
  scan(detector, { source: '10.0.0.1', count: 9 });
  scan(detector, { source: '10.0.0.2', count: 10 });
  for (let i = 0; i < 20_000; i++) {
    scan(detector, { source: `10.9.${i >> 8}.${i & 255}`, count: 1, fromMs: i });
  }
  assert.equal(detector.counters().evictedSources, 20_002 - 256);
  scan(detector, { source: '10.0.0.1', port: 10, count: 1, fromMs: 20_000 });
  assert.deepEqual(
    detector.takeAlerts().map(({ alertType, source, distinctServices }) => [alertType, source, distinctServices]),
    [
      ['start', '10.0.0.2', 10],
      ['start', '10.0.0.1', 10],
    ],
  );
});

test('a full table of services gives up those of sources that show little', () => {
  const size = { sources: 4096, services: 512, episodes: 4, key: [3, 4] as const, startedMs: 0 };
  const detector = openDetector(createShard(size), POLICY);
  scan(detector, { source: '10.0.0.1', count: 9 });
  for (let i = 0; i < 20_000; i++) {
    scan(detector, { source: `10.9.${i >> 8}.${i & 255}`, count: 1, fromMs: i });
  }
  const { services, evictedServices, sightingsShed, sources } = detector.counters();
  // Half of the lines have one service of two: a line is one source's.
  assert.deepEqual({ services, evictedServices }, { services: 9 + 248, evictedServices: 20_000 - 248 });
  assert.equal(sightingsShed, evictedServices);
  assert.equal(sources, 1 + 248);
  scan(detector, { source: '10.0.0.1', port: 10, count: 1, fromMs: 20_000 });
  assert.equal(detector.takeAlerts()[0]?.distinctServices, 10);
});

test('a detection whose source loses its place ends as evicted', () => {
  const detector = openDetector(
    createShard({ sources: 1, services: 64, episodes: 4, key: [1, 2], startedMs: 0 }),
    POLICY,
  );
  scan(detector, { source: '10.0.0.1', count: 10 });
  detector.takeAlerts();
  scan(detector, { source: '10.0.0.2', count: 1, fromMs: 5 });
  const [end] = detector.takeAlerts();
  assert.deepEqual([end?.alertType, end?.endReason, end?.source, end?.revision], ['end', 'evicted', '10.0.0.1', 2]);
  assert.equal(detector.counters().episodes, 0);
});
