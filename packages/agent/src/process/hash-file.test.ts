import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost } from '../../test/create-host.ts';
import { hashFile } from './hash-file.ts';

test('a file up to the bound is hashed, a longer one is not', async () => {
  await using fixture = await createHost();
  const path = join(fixture.directory, 'file');
  const bytes = Buffer.alloc(700_000, 'connscan');
  await writeFile(path, bytes);
  await using file = await open(path);
  assert.equal(await hashFile(file, bytes.length), createHash('sha256').update(bytes).digest('hex'));
  assert.equal(await hashFile(file, bytes.length - 1), undefined);
});
