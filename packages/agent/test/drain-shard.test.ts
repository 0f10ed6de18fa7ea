import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY, type Policy, policySchema } from '@connscan/model';
import type { ProcessEntry } from '@connscan/probe';
import { decodeDetections, decodeSightings } from '@connscan/wire';
import { drainShard } from '../src/drain-shard.ts';
import { createMemoryRing, type MemoryRing, openMemoryShard, type RecordedConnection } from './memory-ring.ts';

const WALL_OFFSET_MS = 1_700_000_000_000;

const nmap: ProcessEntry = {
  serial: 7,
  tgid: 4711,
  startedNs: 1n,
  parentTgid: 1,
  uid: 0,
  cgroupId: 1n,
  comm: 'nmap',
  exe: '/usr/bin/nmap',
};

const ORIGIN = { idScope: 'agent boot', policyHash: '0123456789abcdef' };

function openShard(ring: MemoryRing, policy: Policy = DEFAULT_POLICY) {
  return openMemoryShard(ring, policy, { sources: 1024, services: 16_384, episodes: 1024 }, [nmap]);
}

function fill(ring: MemoryRing, connections: readonly RecordedConnection[]): void {
  for (const [slot, connection] of connections.entries()) ring.write(slot, connection);
  ring.publish(connections.length);
}

const reset = (source: number, port: number): RecordedConnection => ({
  source: `10.0.${source >> 8}.${source & 255}`,
  destination: '10.1.0.1',
  port,
  outcome: 'reset',
  endedMs: 1000 + port,
});

const task = {
  shard: 0,
  generation: 0,
  answer: 1,
  arrived: 0,
  nowMs: 2000,
  wallOffsetMs: WALL_OFFSET_MS,
  takeSightings: true,
  maxSightings: 1600,
};

test('ten services make a detection on the wall clock, and a sighting each', () => {
  const ring = createMemoryRing(64);
  fill(
    ring,
    Array.from({ length: 10 }, (_, port) => reset(1, port + 1)),
  );
  const { records, detections, sightings, more } = drainShard(openShard(ring), task, ORIGIN);
  assert.equal(records, 10);
  assert.equal(more, false);
  const [detection] = decodeDetections(detections[0]!);
  assert.equal(detection?.source, '10.0.0.1');
  assert.equal(detection?.distinctServices, 10);
  assert.equal(detection?.firstSeenMs, WALL_OFFSET_MS + 1001);
  assert.equal(detection?.startedMs, WALL_OFFSET_MS + 1010);
  assert.equal(decodeSightings(sightings[0]!).length, 10);
});

test('the same scan told by another agent, or in another boot, is another detection; drained twice it is the same', () => {
  const ids = ['a 1', 'a 1', 'a 2', 'b 1'].map((idScope) => {
    const ring = createMemoryRing(64);
    fill(
      ring,
      Array.from({ length: 10 }, (_, port) => reset(1, port + 1)),
    );
    return decodeDetections(drainShard(openShard(ring), task, { ...ORIGIN, idScope }).detections[0]!)[0]!.id;
  });
  assert.equal(ids[0], ids[1]);
  assert.equal(new Set(ids).size, 3);
});

test('more detections and sightings than a batch holds become several batches', () => {
  const ring = createMemoryRing(8192);
  const connections = Array.from({ length: 500 }, (_, source) =>
    Array.from({ length: 10 }, (_, port) => reset(source, port + 1)),
  );
  fill(ring, connections.flat());
  const shard = openShard(ring);
  const first = drainShard(shard, task, ORIGIN);
  assert.deepEqual(
    first.detections.map((payload) => decodeDetections(payload).length),
    [200, 200, 100],
  );
  let told = 0;
  for (let answer = 1, result = first; ; result = drainShard(shard, { ...task, answer, arrived: answer - 1 }, ORIGIN)) {
    answer++;
    for (const payload of result.sightings) told += decodeSightings(payload).length;
    if (!result.more) break;
  }
  assert.equal(told, 5000);
});

test('a target tells of the same source and services as the host that connected', () => {
  const sightings = (['source', 'destination'] as const).map((seenBy) => {
    const ring = createMemoryRing(64);
    fill(ring, [{ ...reset(1, 22), seenBy }]);
    return decodeSightings(drainShard(openShard(ring), task, ORIGIN).sightings[0]!);
  });
  assert.deepEqual(sightings[0], sightings[1]);
  assert.deepEqual([sightings[0]![0]!.source, sightings[0]![0]!.port], ['10.0.0.1', 22]);
});

test('a record whose originator is unknown counts for nobody, and is counted as that', () => {
  const ring = createMemoryRing(64);
  fill(
    ring,
    Array.from({ length: 10 }, (_, port) => ({ ...reset(1, port + 1), seenBy: 'unknown' as const })),
  );
  const { records, unknownOriginators, detections, sightings } = drainShard(openShard(ring), task, ORIGIN);
  assert.deepEqual([records, unknownOriginators, detections, sightings], [10, 10, [], []]);
});

test('what a process of this host did, and what was done to one that listens here, waits for evidence', () => {
  const ring = createMemoryRing(64);
  const scan = Array.from({ length: 10 }, (_, port) => ({ ...reset(1, port + 1), process: 7 }));
  fill(ring, [...scan, { ...reset(2, 22), seenBy: 'destination' as const, process: 7 }]);
  const { detections, owned, sightings, local } = drainShard(openShard(ring), task, ORIGIN);
  assert.deepEqual(detections, []);
  assert.deepEqual(
    owned.map(({ detection, process }) => [detection.source, process.comm]),
    [['10.0.0.1', 'nmap']],
  );
  assert.equal(decodeSightings(sightings[0]!).length, 10);
  assert.deepEqual(
    local.map(({ sighting, listener }) => [sighting.source, sighting.port, listener.comm]),
    [['10.0.0.2', 22, 'nmap']],
  );
});

test('a process that the kernel has forgotten is unknown', () => {
  const ring = createMemoryRing(64);
  fill(
    ring,
    Array.from({ length: 10 }, (_, port) => ({ ...reset(1, port + 1), process: 8 })),
  );
  const { detections, owned } = drainShard(openShard(ring), task, ORIGIN);
  assert.deepEqual([detections.length, owned], [1, []]);
});

test('what was told in an answer that was lost is told again, as it was', () => {
  const ring = createMemoryRing(64);
  fill(
    ring,
    Array.from({ length: 10 }, (_, port) => reset(1, port + 1)),
  );
  const shard = openShard(ring);
  const lost = drainShard(shard, task, ORIGIN);
  const again = drainShard(shard, { ...task, answer: 2 }, ORIGIN);
  assert.equal(again.records, 0);
  assert.deepEqual(again.detections, lost.detections);
  assert.deepEqual(again.sightings, lost.sightings);
  const { detections, sightings } = drainShard(shard, { ...task, answer: 3, arrived: 2 }, ORIGIN);
  assert.deepEqual([detections, sightings], [[], []]);
});

/** A policy of these models only, with these exceptions. */
function policyOf(names: readonly string[], exceptions: readonly object[] = []): Policy {
  const off = { connscan_internal_internal: { enabled: false } };
  const models = { ...off, ...Object.fromEntries(names.map((name) => [name, { enabled: true }])) };
  return policySchema.parse({ models, exceptions });
}

const SCAN = Array.from({ length: 10 }, (_, port) => ({ ...reset(1, port + 1), process: 7 }));

test('with several models at work a scan is told by the one whose sides it has', () => {
  const names = ['connscan_internal_internal', 'connscan_internal_external', 'connscan_external_internal'];
  const [inside, outside] = ['10.0.0.1', '192.0.2.1'];
  const scan = (source: string, destination: string) =>
    SCAN.map((one) => ({ ...one, source, destination, process: 0 }));
  const ring = createMemoryRing(64);
  fill(ring, [
    ...scan(inside, '10.0.0.2'),
    ...scan(inside, outside),
    ...scan(outside, inside),
    ...scan(outside, '192.0.2.2'),
  ]);
  const { detections } = drainShard(openShard(ring, policyOf(names)), task, ORIGIN);
  const told = detections.flatMap(decodeDetections);
  assert.deepEqual(
    told.map(({ model, source, techniques }) => [model, source, techniques]),
    [
      [names[0], inside, ['T1046']],
      [names[1], inside, ['T1046']],
      [names[2], outside, ['T1595']],
    ],
  );
  assert.equal(new Set(told.map(({ id }) => id)).size, 3);
});

test('with no model at work records are read and nothing is told', () => {
  const ring = createMemoryRing(64);
  fill(ring, SCAN);
  const { records, detections, owned } = drainShard(openShard(ring, policyOf([])), task, ORIGIN);
  assert.deepEqual([records, detections, owned], [10, [], []]);
});

test('what a process of an exception does is not counted, until the exception expires', () => {
  const exception = { name: 'audit', processes: ['nmap'] };
  const expiresAt = (ms: number) => new Date(WALL_OFFSET_MS + ms).toISOString();
  const found = (change: object) => {
    const ring = createMemoryRing(64);
    fill(ring, SCAN);
    const policy = policyOf(['connscan_internal_internal'], [{ ...exception, ...change }]);
    const { owned, counters } = drainShard(openShard(ring, policy), task, ORIGIN);
    return [owned.length, counters![0]!.exceptionHits.audit ?? 0];
  };
  assert.deepEqual(found({}), [0, 10]);
  assert.deepEqual(found({ processes: ['/usr/bin/nmap'], expiresAt: expiresAt(5000) }), [0, 10]);
  assert.deepEqual(found({ expiresAt: expiresAt(500) }), [1, 0]);
  assert.deepEqual(found({ processes: ['masscan'] }), [1, 0]);
});

test('a detection names its policy and tells connections by outcome', () => {
  const ring = createMemoryRing(64);
  fill(ring, SCAN);
  const [first] = drainShard(openShard(ring), task, ORIGIN).owned;
  assert.equal(first!.detection.policyHash, ORIGIN.policyHash);
  assert.equal(first!.detection.connections.reset, 10);
});
