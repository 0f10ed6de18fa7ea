import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultRingBytes } from './ring-bytes.ts';

const MIB = 2 ** 20;

describe('default ring size', () => {
  it('is 512 KiB for each CPU, within 4 and 64 MiB together', () => {
    assert.equal(defaultRingBytes(1, 1), 4 * MIB);
    assert.equal(defaultRingBytes(1, 32), 16 * MIB);
    assert.equal(defaultRingBytes(1, 1024), 64 * MIB);
  });

  it('is a power of two for any number of shards, never more than the total', () => {
    for (let shards = 1; shards <= 64; shards++) {
      for (const cpus of [1, 2, 6, 12, 96, 1024]) {
        const bytes = defaultRingBytes(shards, cpus);
        assert.ok(Number.isInteger(Math.log2(bytes)));
        assert.ok(bytes * shards <= 64 * MIB);
        assert.ok(bytes * shards > 2 * MIB);
      }
    }
  });
});
