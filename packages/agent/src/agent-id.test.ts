import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readAgentId } from './agent-id.ts';
import { readShardSeed } from './shard-seed.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connscan-'));
});
after(() => rm(directory, { recursive: true }));

test('an agent keeps its identity, for its owner alone', async () => {
  const id = await readAgentId(directory);
  assert.equal(await readAgentId(directory), id);
  assert.equal((await stat(join(directory, 'agent-id'))).mode & 0o777, 0o600);
});

test('an agent keeps the seed of its shards, for its owner alone, and a damaged one is told', async () => {
  const seed = await readShardSeed(directory);
  assert.equal(seed.length, 8);
  assert.deepEqual(await readShardSeed(directory), seed);
  const file = join(directory, 'shard-seed');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  await writeFile(file, 'x');
  await assert.rejects(readShardSeed(directory), { code: 'DATA_DIRECTORY_UNUSABLE', message: /shard-seed: must hold/ });
});

test('a damaged identity is told, and not replaced', async () => {
  await writeFile(join(directory, 'agent-id'), 'x');
  await assert.rejects(readAgentId(directory), {
    code: 'DATA_DIRECTORY_UNUSABLE',
    message: /agent-id: must hold a UUID/,
  });
});
