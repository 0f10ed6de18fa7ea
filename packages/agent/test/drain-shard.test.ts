import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShard, openDetector } from '@connscan/detector';
import { DEFAULT_POLICY } from '@connscan/model';
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

function openShard(ring: MemoryRing) {
  const table = createShard({ sources: 1024, services: 16_384, episodes: 1024, key: [1, 2] });
  return openMemoryShard(ring, openDetector(table, DEFAULT_POLICY), [nmap]);
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

const task = { shard: 0, nowMs: 2000, wallOffsetMs: WALL_OFFSET_MS, takeSightings: true };

test('ten services make a detection on the wall clock, and a sighting each', () => {
  const ring = createMemoryRing(64);
  fill(
    ring,
    Array.from({ length: 10 }, (_, port) => reset(1, port + 1)),
  );
  const { records, detections, sightings, more } = drainShard(openShard(ring), task, 'agent boot');
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
    return decodeDetections(drainShard(openShard(ring), task, idScope).detections[0]!)[0]!.id;
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
  const first = drainShard(shard, task, '');
  assert.deepEqual(
    first.detections.map((payload) => decodeDetections(payload).length),
    [200, 200, 100],
  );
  let told = 0;
  for (let result = first; ; result = drainShard(shard, task, '')) {
    for (const payload of result.sightings) told += decodeSightings(payload).length;
    if (!result.more) break;
  }
  assert.equal(told, 5000);
});

test('a target tells of the same source and services as the host that connected', () => {
  const sightings = (['source', 'destination'] as const).map((seenBy) => {
    const ring = createMemoryRing(64);
    fill(ring, [{ ...reset(1, 22), seenBy }]);
    return decodeSightings(drainShard(openShard(ring), task, '').sightings[0]!);
  });
  assert.deepEqual(sightings[0], sightings[1]);
  assert.deepEqual([sightings[0]![0]!.source, sightings[0]![0]!.port], ['10.0.0.1', 22]);
});

test('a record whose originator is unknown counts for nobody', () => {
  const ring = createMemoryRing(64);
  fill(
    ring,
    Array.from({ length: 10 }, (_, port) => ({ ...reset(1, port + 1), seenBy: 'unknown' as const })),
  );
  const { records, detections, sightings } = drainShard(openShard(ring), task, '');
  assert.deepEqual({ records, detections, sightings }, { records: 10, detections: [], sightings: [] });
});

test('what a process of this host did, and what was done to one that listens here, waits for evidence', () => {
  const ring = createMemoryRing(64);
  const scan = Array.from({ length: 10 }, (_, port) => ({ ...reset(1, port + 1), process: 7 }));
  fill(ring, [...scan, { ...reset(2, 22), seenBy: 'destination' as const, process: 7 }]);
  const { detections, owned, sightings, local } = drainShard(openShard(ring), task, '');
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
  const { detections, owned } = drainShard(openShard(ring), task, '');
  assert.deepEqual([detections.length, owned], [1, []]);
});
