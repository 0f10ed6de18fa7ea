import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY, modelPolicy, outcomeCode, parseAddress } from '@connscan/model';
import { createShard, openDetector, restoreShard, type ShardSize, saveShard, shardBytes } from './index.ts';
import { H_IN_PROGRESS, H_SOURCE_POOL, H_VERSION, POOL_FRESH } from './layout.ts';

const POLICY = { ...modelPolicy(DEFAULT_POLICY, 'connscan_internal_internal'), warmUpSeconds: 0 };
const SIZE: ShardSize = { sources: 1000, services: 10_000, episodes: 100 };

/** A shard in which so many sources have touched 20 services each. */
function shardOf(sources: number) {
  const memory = createShard({ ...SIZE, key: [1, 2], startedMs: 0 });
  const detector = openDetector(memory, POLICY);
  const words = new Int32Array(8);
  const bytes = new Uint8Array(words.buffer);
  for (let source = 0; source < sources; source++) {
    for (let service = 0; service < 20; service++) {
      bytes.set(parseAddress(`10.0.${source}.1`)!, 0);
      bytes.set(parseAddress(`10.1.0.${service}`)!, 16);
      detector.add(words, 0, 4, 80, outcomeCode('refused'), 1000 + service);
    }
  }
  detector.flush();
  return memory;
}

test('a snapshot is as large as what the tables hold, and not as they are', () => {
  const [none, some, more] = [0, 10, 20].map((sources) => saveShard(shardOf(sources)).length);
  assert.ok(none! < 50_000 && shardBytes(SIZE) > 500_000);
  assert.ok(some! > none! && more! > some! && more! < none! + 60_000);
});

test('what was restored tells what was saved, and is saved the same', () => {
  const saved = saveShard(shardOf(10));
  const memory = restoreShard(saved, SIZE);
  const detector = openDetector(memory, POLICY);
  assert.deepEqual(
    { ...detector.counters(), recoveries: 0 },
    { ...openDetector(shardOf(10), POLICY).counters(), recoveries: 0 },
  );
  assert.equal(detector.takeSightings(1000).length, 200);
  const [once, twice] = [saved, saveShard(restoreShard(saved, SIZE))].map((bytes) => {
    const copy = Uint8Array.from(bytes);
    // Of a shard that comes from a file.
    new Int32Array(copy.buffer)[H_IN_PROGRESS] = 0;
    return copy;
  });
  assert.deepEqual(once, twice);
});

test('bytes that are no whole shard of this version and size are refused', () => {
  const saved = saveShard(shardOf(10));
  const changed = (word: number, value: number) => {
    const copy = Uint8Array.from(saved);
    new Int32Array(copy.buffer)[word] = value;
    return copy;
  };
  for (const [bytes, size, reason] of [
    [saved.subarray(0, 4), SIZE, /not a detector shard of version/],
    [changed(H_VERSION, 99), SIZE, /not a detector shard of version/],
    [saved, { ...SIZE, sources: 999 }, /another size/],
    [saved.subarray(0, -1), SIZE, /was cut/],
    [Uint8Array.of(...saved, 0), SIZE, /something behind it/],
    [changed(H_SOURCE_POOL + POOL_FRESH, 2 ** 30), SIZE, /damaged pool/],
    [changed(H_SOURCE_POOL + POOL_FRESH, -1), SIZE, /damaged pool/],
  ] as const) {
    assert.throws(() => restoreShard(bytes, size), { code: 'BAD_PAYLOAD', message: reason });
  }
});
