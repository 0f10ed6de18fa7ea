import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DEFAULT_SIZE, divideSize, shardBytes } from '../src/index.ts';

test('ten million records of 2,000 scanning sources leave nothing to collect', async () => {
  const program = fileURLToPath(import.meta.resolve('./drain-ten-million.ts'));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program]);
  const { collections, grownBytes, counters } = JSON.parse(stdout);
  assert.equal(counters.observed, 12_000_000);
  assert.equal(counters.sources, 2000);
  assert.equal(counters.services, 40_000);
  assert.equal(counters.episodes, 2000);
  // One object of 16 bytes per record would be 160 MB and some hundred collections.
  assert.ok(collections < 10, `${collections} collections`);
  assert.ok(grownBytes < 1_000_000, `${grownBytes} bytes`);
});

test('all shards of an agent together stay within 32 MiB, however many they are', () => {
  for (let shards = 1; shards <= 64; shards++) {
    assert.ok(shardBytes(divideSize(shards)) * shards <= 32 * 2 ** 20, `${shards} shards`);
  }
  assert.ok(shardBytes(DEFAULT_SIZE) > 30 * 2 ** 20);
});
