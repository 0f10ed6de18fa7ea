import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { appendLine } from './append-file.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'connscan-outputs-'));
});

after(() => rm(folder, { recursive: true }));

test('lines are appended to a file that is made for its owner alone', async () => {
  const path = join(folder, 'new', 'a.ndjson');
  for (const line of ['one', 'two']) await appendLine(path, line);
  assert.equal(await readFile(path, 'utf8'), 'one\ntwo\n');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('after a rotation lines go to the new file, and none is lost', async () => {
  const path = join(folder, 'b.ndjson');
  await appendLine(path, 'one');
  await rename(path, `${path}.1`);
  await appendLine(path, 'two');
  assert.deepEqual([await readFile(`${path}.1`, 'utf8'), await readFile(path, 'utf8')], ['one\n', 'two\n']);
  assert.ok((await readdir(folder)).includes('b.ndjson.1'));
});

test('a line that was cut off does not spoil the next one', async () => {
  const path = join(folder, 'c.ndjson');
  await writeFile(path, '{"id":1}\n{"id":');
  await appendLine(path, '{"id":2}');
  assert.equal(await readFile(path, 'utf8'), '{"id":1}\n{"id":\n{"id":2}\n');
});

test('what cannot be written is told', async () => {
  await assert.rejects(appendLine(folder, 'one'), /EISDIR/);
});
