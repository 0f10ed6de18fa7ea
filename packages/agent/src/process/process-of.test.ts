import assert from 'node:assert/strict';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProcessEntry } from '@connscan/probe';
import { createHost } from '../../test/create-host.ts';
import { entryOf } from '../../test/entry-of.ts';
import { spawnChild } from '../../test/spawn-child.ts';
import { HOST_FILES } from './host-files.ts';
import { processOf } from './process-of.ts';

const ID = '0123456789abcdef'.repeat(4);

const entry: ProcessEntry = {
  serial: 1,
  tgid: 70,
  startedNs: 12_345_678_901n,
  parentTgid: 60,
  uid: 1000,
  cgroupId: 0n,
  comm: 'nmap',
  exe: 'nmap',
};

/** What the kernel alone told. */
const bare = { pid: 70, startedMs: 1_012_345, comm: 'nmap', exe: 'nmap', parent: { pid: 60 }, uid: 1000 };
const process70 = { comm: 'nmap', parentPid: 60, startTicks: 1234, exe: '/usr/bin/nmap', files: { cgroup: '0::/\n' } };

test('a process that runs is told with executable, user and parent', async () => {
  await using fixture = await createHost();
  await fixture.addProcess(60, { comm: 'bash', startTicks: 900 });
  await fixture.addProcess(70, process70);
  assert.deepEqual(await processOf(entry, fixture.host, 1_000_000), {
    ...bare,
    exe: '/usr/bin/nmap',
    parent: { pid: 60, comm: 'bash' },
    user: 'alice',
  });
});

test('a process that is gone is told as the kernel told it', async () => {
  await using fixture = await createHost();
  assert.deepEqual(await processOf(entry, fixture.host, 1_000_000), bare);
});

test('another process under the same PID lends it nothing', async () => {
  await using fixture = await createHost();
  await fixture.addProcess(70, { ...process70, startTicks: 1300 });
  await fixture.addProcess(60, { comm: 'later', startTicks: 1300 });
  assert.deepEqual(await processOf(entry, fixture.host, 1_000_000), bare);
});

test('another program in the same process lends it nothing', async () => {
  await using fixture = await createHost();
  await fixture.addProcess(70, { ...process70, comm: 'sh', exe: '/bin/sh' });
  assert.deepEqual(await processOf(entry, fixture.host, 1_000_000), bare);
});

test('a program that renamed itself is known by its path', async () => {
  await using fixture = await createHost();
  await fixture.addProcess(70, { ...process70, comm: 'renamed', exe: '/usr/bin/python3' });
  const told = await processOf({ ...entry, exe: '/usr/bin/python3' }, fixture.host, 0);
  assert.equal(told.user, 'alice');
});

test('without leave to look at its executable, that is as given to exec', async () => {
  await using fixture = await createHost();
  await fixture.addProcess(70, { comm: 'nmap', startTicks: 1234 });
  assert.deepEqual(await processOf(entry, fixture.host, 1_000_000), bare);
});

test('a parent of the same hundredth of a second is named only while the child calls it parent', async () => {
  await using fixture = await createHost();
  await fixture.addProcess(60, { comm: 'sh', startTicks: 1234 });
  assert.deepEqual((await processOf(entry, fixture.host, 0)).parent, { pid: 60 });
  await fixture.addProcess(70, process70);
  assert.deepEqual((await processOf(entry, fixture.host, 0)).parent, { pid: 60, comm: 'sh' });
});

test('the container of a process that is gone is known by its cgroup, which outlives it', async () => {
  await using fixture = await createHost();
  const { host } = fixture;
  const scope = join(host.cgroup, `system.slice/docker-${ID}.scope`);
  await mkdir(scope, { recursive: true });
  const { ino } = await stat(scope, { bigint: true });
  const contained = { ...entry, cgroupId: ino };
  assert.equal((await processOf(contained, host, 0)).containerId, undefined);
  await writeFile(join(host.cgroup, 'cgroup.controllers'), '');
  const { containerId, cgroupId, user } = await processOf(contained, host, 0);
  assert.deepEqual([containerId, cgroupId, user], [ID, String(ino), undefined]);
  const { ino: slice } = await stat(join(host.cgroup, 'system.slice'), { bigint: true });
  assert.equal((await processOf({ ...entry, cgroupId: slice }, host, 0)).user, 'alice');
});

test('a child of this test is told as it is, and after its end as it was', async () => {
  await using child = await spawnChild('/bin/cat');
  const seen = await entryOf(child.pid);
  const running = await processOf(seen, HOST_FILES, 0);
  assert.deepEqual([running.comm, running.exe, running.parent?.pid], ['cat', '/usr/bin/cat', process.pid]);
  assert.ok(running.parent?.comm);
  await child.end();
  const { exe, user, ...rest } = running;
  assert.deepEqual(await processOf(seen, HOST_FILES, 0), rest);
});
