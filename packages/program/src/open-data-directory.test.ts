import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openDataDirectory } from './open-data-directory.ts';

let parent: string;
before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'connscan-'));
});
after(() => rm(parent, { recursive: true }));

test('a missing directory is made for its owner alone', async () => {
  const directory = await openDataDirectory(join(parent, 'a'));
  assert.equal((await stat(directory.path)).mode & 0o777, 0o700);
  await directory.close();
});

test('a directory in use is refused until it is closed, under any name of it', async () => {
  const first = await openDataDirectory(parent);
  await assert.rejects(openDataDirectory(`${parent}/.`), { code: 'DATA_DIRECTORY_IN_USE' });
  await first.close();
  await (await openDataDirectory(parent)).close();
});

test('a file where the directory should be is refused with its path', async () => {
  const file = join(parent, 'file');
  await writeFile(file, '');
  await assert.rejects(openDataDirectory(file), { code: 'DATA_DIRECTORY_UNUSABLE', message: /file: ENOTDIR/ });
});

test('a directory whose parent is missing is refused, not made', async () => {
  await assert.rejects(openDataDirectory(join(parent, 'b', 'c')), {
    code: 'DATA_DIRECTORY_UNUSABLE',
    message: /ENOENT/,
  });
});

test('a place where the kernel lets nobody make a directory is refused', async () => {
  await assert.rejects(openDataDirectory('/proc/connscan'), { code: 'DATA_DIRECTORY_UNUSABLE' });
});

test('a directory of another mode stays as its owner made it', async () => {
  const path = join(parent, 'a');
  await chmod(path, 0o750);
  await (await openDataDirectory(path)).close();
  assert.equal((await stat(path)).mode & 0o777, 0o750);
});
