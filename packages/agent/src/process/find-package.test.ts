import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost } from '../../test/create-host.ts';
import { findPackage } from './find-package.ts';

test('a path is owned by the package that lists it, in either spelling of merged directories', async () => {
  await using fixture = await createHost();
  const { dpkg } = fixture.host;
  await writeFile(join(dpkg, 'info/coreutils.list'), '/.\n/bin\n/bin/cat\n');
  await writeFile(join(dpkg, 'info/nmap.list'), '/.\n/usr/bin/nmap\n/usr/bin/shared\n/usr/bin/moved\n');
  await writeFile(join(dpkg, 'info/libx:amd64.list'), '/.\n/usr/lib64/x.so\n/usr/bin/shared\n');
  await writeFile(join(dpkg, 'diversions'), '/usr/bin/moved\n/usr/bin/moved.distrib\n:\n');
  assert.deepEqual(await findPackage(dpkg, '/usr/bin/cat'), { value: 'coreutils' });
  assert.deepEqual(await findPackage(dpkg, '/bin/nmap'), { value: 'nmap' });
  assert.deepEqual(await findPackage(dpkg, '/lib64/x.so'), { value: 'libx' });
  assert.deepEqual(await findPackage(dpkg, '/usr/bin/nma'), { value: undefined });
  assert.deepEqual(await findPackage(dpkg, '/tmp/bin/cat'), { value: undefined });
  assert.deepEqual(await findPackage(dpkg, '/usr/bin/shared'), { why: 'several packages' });
  assert.deepEqual(await findPackage(dpkg, '/usr/bin/moved'), { why: 'diverted' });
});

test('without a package database it is unknown whose a path is', async () => {
  await using fixture = await createHost();
  assert.deepEqual(await findPackage(join(fixture.directory, 'none'), '/bin/cat'), { why: 'no package database' });
});
