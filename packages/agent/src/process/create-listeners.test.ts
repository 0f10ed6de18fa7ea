import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readlink } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { createHost } from '../../test/create-host.ts';
import { spawnChild } from '../../test/spawn-child.ts';
import { createListeners } from './create-listeners.ts';

const NETNS = 4026531840;
const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const links = { 'ns/net': `net:[${NETNS}]` };

type Fixture = Awaited<ReturnType<typeof createHost>>;

function line(local: string, inode: number, state = '0A'): string {
  return `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0\n`;
}

/** Listens in a fixture's namespace. */
async function addListener(
  fixture: Fixture,
  pid: number,
  comm: string,
  tcp: string,
  more: Partial<Parameters<Fixture['addProcess']>[1]> = {},
) {
  await fixture.addProcess(pid, {
    comm,
    startTicks: pid,
    exe: `/usr/sbin/${comm}`,
    ...more,
    files: { 'net/tcp': HEAD + tcp, 'net/tcp6': HEAD, cgroup: `0::/system.slice/${comm}.service`, ...more.files },
    links: { ...links, 'fd/3': `socket:[${pid}]`, ...more.links },
  });
}

function listenersOf({ host }: Fixture, nowMs = () => 0) {
  return createListeners({ proc: host.proc, nowMs });
}

test('the listener of an address is told with its unit; the address itself goes before all addresses', async () => {
  await using fixture = await createHost();
  const tcp = line('0100007F:0016', 10) + line('00000000:0016', 11) + line('0200000A:0050', 12, '01');
  await addListener(fixture, 10, 'sshd', tcp);
  await addListener(fixture, 11, 'other', tcp);
  const listeners = listenersOf(fixture);
  assert.deepEqual(await listeners.find(NETNS, '127.0.0.1', 22), {
    pid: 10,
    comm: 'sshd',
    exe: '/usr/sbin/sshd',
    unit: 'sshd.service',
  });
  assert.equal((await listeners.find(NETNS, '10.0.0.1', 22))?.comm, 'other');
  assert.equal(await listeners.find(NETNS, '10.0.0.2', 80), undefined);
  assert.equal(await listeners.find(NETNS, '10.0.0.1', 23), undefined);
  assert.equal(await listeners.find(NETNS, '::1', 22), undefined);
  assert.equal(await listeners.find(1, '127.0.0.1', 22), undefined);
});

test('an IPv6 listener is found by its address, and one of all addresses by an IPv4 one too', async () => {
  await using fixture = await createHost();
  const tcp6 =
    HEAD + line('000000FD000000000000000001000000:0016', 10) + line('00000000000000000000000000000000:0050', 10);
  await addListener(fixture, 10, 'web', '', { files: { 'net/tcp6': tcp6 } });
  const listeners = listenersOf(fixture);
  assert.equal((await listeners.find(NETNS, 'fd00::1', 22))?.comm, 'web');
  assert.equal((await listeners.find(NETNS, '10.0.0.1', 80))?.comm, 'web');
  assert.equal(await listeners.find(NETNS, '10.0.0.1', 22), undefined);
});

test('of a master and its workers it is the master', async () => {
  await using fixture = await createHost();
  const tcp = line('00000000:0050', 20);
  for (const pid of [22, 20, 21]) await addListener(fixture, pid, 'nginx', tcp, { links: { 'fd/3': 'socket:[20]' } });
  assert.equal((await listenersOf(fixture).find(NETNS, '10.0.0.1', 80))?.pid, 20);
});

test('systemd, which holds the socket of a service for it, is not the service', async () => {
  await using fixture = await createHost();
  const tcp = line('00000000:0016', 30);
  await addListener(fixture, 1, 'systemd', tcp, { links: { 'fd/3': 'socket:[30]' } });
  const before = await listenersOf(fixture).find(NETNS, '10.0.0.1', 22);
  assert.equal(before?.comm, 'systemd');
  await addListener(fixture, 30, 'sshd', tcp);
  assert.equal((await listenersOf(fixture).find(NETNS, '10.0.0.1', 22))?.comm, 'sshd');
});

test('two different programs at one port are nobody', async () => {
  await using fixture = await createHost();
  const tcp = line('00000000:0050', 40) + line('00000000:0050', 41);
  await addListener(fixture, 40, 'one', tcp);
  await addListener(fixture, 41, 'other', tcp);
  assert.equal(await listenersOf(fixture).find(NETNS, '10.0.0.1', 80), undefined);
});

test('a listener that came within five seconds after a look is seen when they have passed', async () => {
  await using fixture = await createHost();
  let nowMs = 0;
  const listeners = listenersOf(fixture, () => nowMs);
  assert.equal(await listeners.find(NETNS, '10.0.0.1', 80), undefined);
  await addListener(fixture, 50, 'web', line('00000000:0050', 50));
  nowMs = 4999;
  assert.equal(await listeners.find(NETNS, '10.0.0.1', 80), undefined);
  nowMs = 5000;
  assert.equal((await listeners.find(NETNS, '10.0.0.1', 80))?.comm, 'web');
});

const LISTEN = "require('net').createServer().listen(0, '0.0.0.0', function () { console.log(this.address().port) })";

test('a child that listens in a namespace of its own is found there, and not elsewhere or after its end', async () => {
  // exec keeps the PID, so the child is node itself.
  await using child = await spawnChild('unshare', ['--net', process.execPath, '-e', LISTEN]);
  const [port] = await once(createInterface(child.stdout), 'line');
  const netnsOf = async (pid: number | string) => Number(/\d+/.exec(await readlink(`/proc/${pid}/ns/net`))?.[0]);
  const netns = await netnsOf(child.pid);
  const listeners = createListeners({ proc: '/proc', nowMs: () => 0 });
  const found = await listeners.find(netns, '10.0.0.1', Number(port));
  assert.deepEqual([found?.pid, found?.exe], [child.pid, process.execPath]);
  assert.notEqual((await listeners.find(await netnsOf('self'), '10.0.0.1', Number(port)))?.pid, child.pid);
  await child.end();
  assert.equal(await listeners.find(netns, '10.0.0.1', Number(port)), undefined);
});
