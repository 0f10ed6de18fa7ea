import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROCESS_LIMITS, snapshotSchema } from '@connscan/model';
import type { ProcessEntry } from '@connscan/probe';
import { createHost } from '../../test/create-host.ts';
import { entryOf } from '../../test/entry-of.ts';
import { spawnChild } from '../../test/spawn-child.ts';
import { HOST_FILES, type HostFiles } from './host-files.ts';
import { takeSnapshot } from './take-snapshot.ts';

const ID = '0123456789abcdef'.repeat(4);

const entry: ProcessEntry = {
  serial: 1,
  tgid: 70,
  startedNs: 12_345_678_901n,
  parentTgid: 60,
  uid: 1000,
  cgroupId: 0n,
  comm: 'nmap',
  exe: '/usr/bin/nmap',
};

async function snapshotOf(of: ProcessEntry, host: HostFiles, change: { redact?: boolean } = {}) {
  const options = { host, redact: true, wallTimeMs: () => 2_000_000, wallOffsetMs: 1_000_000, ...change };
  const snapshot = await takeSnapshot(of, options);
  assert.deepEqual(snapshotSchema.parse(snapshot), snapshot);
  return snapshot;
}

async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

test('everything an analyst asks first is in the snapshot of a process that runs', async () => {
  await using fixture = await createHost();
  const { host, addProcess } = fixture;
  const exe = join(fixture.directory, 'nmap');
  await writeFile(exe, 'program');
  await writeFile(join(host.dpkg, 'info/nmap.list'), `/.\n${exe}\n`);
  const status = 'Name:\tx\nUid:\t1000\t0\t0\t0\n';
  await addProcess(1, { comm: 'systemd', startTicks: 5, files: { status: 'Uid:\t0\t0\t0\t0\n', cgroup: '0::/' } });
  await addProcess(60, { comm: 'bash', parentPid: 1, startTicks: 900, files: { status, cgroup: '0::/' } });
  await addProcess(70, {
    comm: 'nmap',
    parentPid: 60,
    startTicks: 1234,
    exe,
    files: { status, cgroup: '0::/', cmdline: 'nmap\0--password=x\0-p22\0', loginuid: '1000', sessionid: '3' },
    links: { cwd: '/home/alice' },
  });
  const modifiedMs = (await stat(exe)).mtimeMs;
  assert.deepEqual(await snapshotOf(entry, host), {
    takenMs: 2_000_000,
    tree: [
      {
        pid: 70,
        startedMs: 1_012_340,
        comm: 'nmap',
        exe,
        commandLine: ['nmap', '--password=***', '-p22'],
        uid: 1000,
        user: 'alice',
      },
      { pid: 60, startedMs: 1_009_000, comm: 'bash', uid: 1000, user: 'alice' },
      { pid: 1, startedMs: 1_000_050, comm: 'systemd', uid: 0, user: 'root' },
    ],
    commandLine: ['nmap', '--password=***', '-p22'],
    exe: { path: exe, sha256: await sha256Of(exe), deleted: false, package: 'nmap', sizeBytes: 7, modifiedMs },
    cwd: '/home/alice',
    user: 'alice',
    loginSession: { id: 3, uid: 1000, user: 'alice' },
    unknown: [],
  });
  const plain = await snapshotOf(entry, host, { redact: false });
  assert.equal(plain.commandLine?.[1], '--password=x');
});

test('what cannot be read is named with the reason, and the rest is told', async () => {
  await using fixture = await createHost();
  await fixture.addProcess(70, { comm: 'nmap', startTicks: 1234, files: { loginuid: '4294967295' } });
  assert.deepEqual(await snapshotOf(entry, fixture.host), {
    takenMs: 2_000_000,
    tree: [{ pid: 70, startedMs: 1_012_340, comm: 'nmap' }],
    unknown: ['commandLine: gone', 'exe: gone', 'cwd: gone', 'container, user: gone'],
  });
});

test('of a process that is gone the tree remains, as far as it is proved', async () => {
  await using fixture = await createHost();
  const { host, addProcess } = fixture;
  const itself = { pid: 70, startedMs: 1_012_345, comm: 'nmap', exe: '/usr/bin/nmap', uid: 1000 };
  assert.deepEqual(await snapshotOf(entry, host), {
    takenMs: 2_000_000,
    tree: [itself],
    unknown: ['process: gone', 'tree: gone'],
  });
  await addProcess(60, { comm: 'bash', startTicks: 900 });
  const { tree, unknown } = await snapshotOf(entry, host);
  assert.deepEqual(tree, [itself, { pid: 60, startedMs: 1_009_000, comm: 'bash' }]);
  assert.deepEqual(unknown, ['process: gone']);
});

test('a process that took the PID over is not described', async () => {
  await using fixture = await createHost();
  await fixture.addProcess(70, { comm: 'nmap', startTicks: 9999, files: { cmdline: 'other\0', cgroup: '0::/' } });
  const { tree, commandLine, unknown } = await snapshotOf(entry, fixture.host);
  assert.deepEqual([tree.length, commandLine, unknown], [1, undefined, ['process: gone', 'tree: gone']]);
});

test('a process in a container has no user of this host', async () => {
  await using fixture = await createHost();
  const cgroup = `0::/system.slice/docker-${ID}.scope`;
  await fixture.addProcess(70, { comm: 'nmap', startTicks: 1234, files: { cgroup, status: 'Uid:\t1000\n' } });
  const { container, user, tree, unknown } = await snapshotOf(entry, fixture.host);
  assert.deepEqual(container, { id: ID, runtime: 'docker' });
  assert.deepEqual([user, tree[0]?.user, tree[0]?.uid], [undefined, undefined, 1000]);
  assert.ok(unknown.includes('user: of a container'));
});

test('a tree without end and names without end stay within the bounds', async () => {
  await using fixture = await createHost();
  const cmdline = `${'x'.repeat(40_000)}\0`.repeat(3);
  for (let pid = 70; pid < 100; pid++) {
    const links = { cwd: `/${'d'.repeat(2000)}` };
    await fixture.addProcess(pid, { comm: 'nmap', parentPid: pid + 1, startTicks: 1234, files: { cmdline }, links });
  }
  const { tree, commandLine, unknown } = await snapshotOf(entry, fixture.host);
  assert.equal(tree.length, PROCESS_LIMITS.tree);
  assert.equal(commandLine?.join('').length, PROCESS_LIMITS.commandLine);
  assert.ok(unknown.includes('tree: more than 16 levels'));
  assert.ok(unknown.includes('cwd: path too long'));
});

test('a child of this test is told with its hash, its package and its way up to init', async () => {
  await using child = await spawnChild('/bin/cat', ['--', '-'], '/usr');
  const { exe, commandLine, cwd, tree } = await snapshotOf(await entryOf(child.pid), HOST_FILES);
  assert.deepEqual(
    [exe?.path, exe?.sha256, exe?.deleted, exe?.package],
    ['/usr/bin/cat', await sha256Of('/bin/cat'), false, 'coreutils'],
  );
  assert.deepEqual([commandLine, cwd], [['/bin/cat', '--', '-'], '/usr']);
  assert.deepEqual([tree[0]?.pid, tree[1]?.pid], [child.pid, process.pid]);
});

test('a deleted executable is told as deleted, and hashed all the same', async () => {
  await using fixture = await createHost();
  const exe = join(fixture.directory, 'dropper');
  await copyFile('/bin/cat', exe);
  await using child = await spawnChild(exe);
  await rm(exe);
  const seen = await entryOf(child.pid);
  const gone = await snapshotOf(seen, HOST_FILES);
  assert.deepEqual([gone.exe?.path, gone.exe?.deleted, gone.exe?.sha256], [exe, true, await sha256Of('/bin/cat')]);
  assert.ok(gone.unknown.includes('exe.package: the file is deleted'));
  await copyFile('/bin/ls', exe);
  assert.deepEqual((await snapshotOf(seen, HOST_FILES)).exe, gone.exe);
});

test('an executable whose name says deleted is not deleted', async () => {
  await using fixture = await createHost();
  const exe = join(fixture.directory, 'tool (deleted)');
  await copyFile('/bin/cat', exe);
  await using child = await spawnChild(exe);
  const snapshot = await snapshotOf(await entryOf(child.pid), HOST_FILES);
  assert.deepEqual([snapshot.exe?.path, snapshot.exe?.deleted], [exe, false]);
});

test('a snapshot of a child that ends meanwhile is whole or says that it is gone', async () => {
  for (let round = 0; round < 5; round++) {
    await using child = await spawnChild('/bin/cat');
    const seen = await entryOf(child.pid);
    const [snapshot] = await Promise.all([snapshotOf(seen, HOST_FILES), child.end()]);
    assert.equal(snapshot.tree[0]?.pid, child.pid);
    assert.ok(snapshot.exe || snapshot.unknown.length > 0);
  }
});
