import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY, modelPolicy } from '@connscan/model';
import { observeWith } from '../test/observer.ts';
import { scan } from '../test/scan.ts';
import { createShard, openDetector } from './index.ts';

const POLICY = { ...modelPolicy(DEFAULT_POLICY, 'connscan_internal_internal'), warmUpSeconds: 0 };

const open = () =>
  openDetector(createShard({ sources: 64, services: 4096, episodes: 16, key: [1, 2], startedMs: 0 }), POLICY);
const good = { source: '10.0.0.1', destination: '10.1.0.2', port: 443, outcome: 1, atMs: 1000 };

test('records that cannot be are ignored and counted', () => {
  const detector = open();
  for (const bad of [
    { port: 0 },
    { port: 65_536 },
    { destination: 'fd00::2' },
    { outcome: 0 },
    { outcome: 6 },
    { outcome: Number.NaN },
    { atMs: -1 },
    { atMs: Number.NaN },
    { atMs: Number.POSITIVE_INFINITY },
  ]) {
    observeWith(detector, { ...good, ...bad });
  }
  observeWith(detector, { ...good, destination: good.source });
  assert.deepEqual(detector.counters().ignored, { sameAddress: 1, malformed: 9 });
  assert.equal(detector.counters().observed, 10);
  assert.equal(detector.counters().sources, 0);
});

test('a record as old as the rollup period is late', () => {
  const detector = open();
  detector.advance(301_000);
  observeWith(detector, good);
  assert.equal(detector.counters().late, 1);
  observeWith(detector, { ...good, atMs: 1001 });
  assert.equal(detector.counters().late, 1);
});

test('a sighting tells of all connections since the last one, and nothing is told twice', () => {
  const detector = open();
  for (const [outcome, atMs] of [
    [1, 5000],
    [2, 9000],
    [1, 7000],
    [5, 8000],
    [3, 8000],
  ] as const) {
    observeWith(detector, { ...good, outcome, atMs });
  }
  const service = { source: '10.0.0.1', destination: '10.1.0.2', port: 443 };
  const once = { firstSeenMs: 8000, lastSeenMs: 8000, connections: 1 };
  assert.deepEqual(detector.takeSightings(10), [
    { ...service, outcome: 'empty_close', firstSeenMs: 5000, lastSeenMs: 9000, connections: 3 },
    { ...service, outcome: 'responder_reset', ...once },
    { ...service, outcome: 'unanswered', ...once },
  ]);
  assert.deepEqual(detector.takeSightings(10), []);
  observeWith(detector, { ...good, atMs: 9500 });
  assert.deepEqual(detector.takeSightings(10), [
    { ...service, outcome: 'reset', firstSeenMs: 5000, lastSeenMs: 9500, connections: 1 },
  ]);
});

test('sightings are taken up to a limit, and wait as long as they must', () => {
  const detector = open();
  scan(detector, { source: '10.0.0.1', count: 5 });
  scan(detector, { source: '10.0.0.2', count: 5 });
  detector.advance(100_000_000);
  const taken = [7, 7, 7].map((limit) => detector.takeSightings(limit).length);
  assert.deepEqual(taken, [7, 3, 0]);
  const { sources, services, sightingsShed } = detector.counters();
  assert.deepEqual({ sources, services, sightingsShed }, { sources: 0, services: 0, sightingsShed: 0 });
});

test('idle sources are freed as time moves, without a record', () => {
  const detector = open();
  for (let i = 0; i < 50; i++) scan(detector, { source: `10.0.1.${i}`, count: 2 });
  while (detector.takeSightings(100).length > 0);
  assert.equal(detector.counters().sources, 50);
  for (let minute = 1; minute <= 24 * 60 + 10; minute++) detector.advance(minute * 60_000);
  assert.equal(detector.counters().sources, 0);
  assert.equal(detector.counters().services, 0);
});
