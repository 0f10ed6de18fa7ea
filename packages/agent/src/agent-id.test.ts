import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readAgentId } from './agent-id.ts';

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

test('a damaged identity is told, and not replaced', async () => {
  await writeFile(join(directory, 'agent-id'), 'x');
  await assert.rejects(readAgentId(directory), {
    code: 'DATA_DIRECTORY_UNUSABLE',
    message: /agent-id: must hold a UUID/,
  });
});
