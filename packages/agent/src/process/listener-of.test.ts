import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHost } from '../../test/create-host.ts';
import { listenerOf } from './listener-of.ts';

const entry = {
  serial: 1,
  tgid: 10,
  startedNs: 5_000_000_000n,
  parentTgid: 1,
  uid: 0,
  cgroupId: 0n,
  comm: 'sshd',
  exe: './sshd',
};

test('a listener that runs has its unit and its whole path', async () => {
  await using fixture = await createHost();
  const files = { cgroup: '0::/system.slice/ssh.service\n' };
  await fixture.addProcess(10, { comm: 'sshd', startTicks: 500, exe: '/usr/sbin/sshd', files });
  assert.deepEqual(await listenerOf(entry, fixture.host.proc), {
    pid: 10,
    comm: 'sshd',
    exe: '/usr/sbin/sshd',
    unit: 'ssh.service',
  });
});

test('of a listener whose number another process has now, only what the kernel told is told', async () => {
  await using fixture = await createHost();
  const files = { cgroup: '0::/system.slice/cron.service\n' };
  await fixture.addProcess(10, { comm: 'cron', startTicks: 900, exe: '/usr/sbin/cron', files });
  assert.deepEqual(await listenerOf(entry, fixture.host.proc), { pid: 10, comm: 'sshd', exe: './sshd' });
});
