import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY, modelPolicy } from '@connscan/model';
import { createShard, divideSize, openDetector, shardBytes } from './index.ts';
import { createMemory } from './tables.ts';

const POLICY = { ...modelPolicy(DEFAULT_POLICY, 'connscan_internal_internal'), warmUpSeconds: 0 };

test('a shard has as many pages as shardBytes asks for', () => {
  for (const size of [{ sources: 1, services: 1, episodes: 1 }, divideSize(3)]) {
    const { buffer } = createShard({ ...size, key: [1, 2], startedMs: 0 });
    assert.equal(buffer.byteLength, Math.ceil(shardBytes(size) / 65_536) * 65_536);
  }
});

test('sizes that cannot be are refused, all of them at once', () => {
  assert.throws(() => createShard({ sources: 0, services: 1.5, episodes: 1, key: [1, 2], startedMs: 0 }), {
    code: 'BAD_USAGE',
    message: /sources: .*is 0; services: .*is 1\.5/,
  });
});

test('a memory that is no shard of this version is refused', () => {
  const other = createShard({ sources: 4, services: 4, episodes: 4, key: [1, 2], startedMs: 0 });
  new Int32Array(other.buffer)[1] = 99;
  for (const memory of [createMemory(0), createMemory(65_537), other]) {
    assert.throws(() => openDetector(memory, POLICY), { code: 'BAD_PAYLOAD' });
  }
});
