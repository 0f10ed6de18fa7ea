import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLab, type Host, type Lab } from '@connscan/lab';
import { bootTimeMs } from '../../src/boot-clock.ts';
import { type MappedRing, mapRing } from '../../src/map-ring.ts';
import type { Probe } from '../../src/probe.ts';
import { type MappedProcesses, mapProcesses, type ProcessEntry } from '../../src/process-table.ts';
import { collect, type Seen } from '../collect.ts';
import { startPeer } from '../start-peer.ts';
import { openLabProbe } from './open-lab-probe.ts';

const BASH = execFileSync('sh', ['-c', 'command -v bash'], { encoding: 'utf8' }).trim();
const SERVICE = 3000;
const CONNECT = `exec 3<>/dev/tcp/10.77.0.2/${SERVICE}`;
const CONNECT_FROM_THREADS = fileURLToPath(new URL('./connect-from-threads.ts', import.meta.url));

describe('attribution', () => {
  let lab: Lab;
  let source: Host;
  let target: Host;
  let probe: Probe;
  let ring: MappedRing;
  let processes: MappedProcesses;

  before(async () => {
    lab = createLab({ targets: 1 });
    source = lab.source;
    target = lab.targets[0]!;
    await target.serve([`silent:${SERVICE}`]);
    probe = openLabProbe({ netns: [source.inode, target.inode] });
    ring = mapRing(probe.rings[0]!);
    processes = mapProcesses(probe.processes);
  });
  after(() => {
    processes?.close();
    ring?.close();
    probe?.close();
    lab?.close();
  });

  const isSource = ({ netns }: Seen) => netns === source.inode;

  /** What opened the next `count` connections of the source. */
  async function openers(count: number): Promise<(ProcessEntry | undefined)[]> {
    const seen = await collect([ring], count, isSource);
    return seen.map(({ process }) => processes.find(process));
  }

  async function end(child: ChildProcess): Promise<void> {
    child.stdin?.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  it('names a process that is gone, with its path, parent and start', async () => {
    const startedMs = bootTimeMs();
    const child = source.spawn('bash', ['-c', CONNECT]);
    await end(child);
    const [opener] = await openers(1);
    assert.deepEqual(
      { ...opener, serial: 0, startedNs: 0n, cgroupId: 0n },
      {
        serial: 0,
        startedNs: 0n,
        cgroupId: 0n,
        tgid: child.pid,
        parentTgid: process.pid,
        uid: 0,
        comm: 'bash',
        exe: BASH,
      },
    );
    const processStartedMs = Number(opener!.startedNs) / 1e6;
    assert.ok(startedMs < processStartedMs && processStartedMs < bootTimeMs());
    assert.ok(opener!.cgroupId > 0n);
  });

  it('names a fork, with the program it shares with a parent that is gone', async () => {
    const child = source.spawn('bash', ['-c', `(while kill -0 $$; do :; done 2>/dev/null; ${CONNECT}) & echo $!`]);
    const fork = Number(await once(child.stdout!, 'data'));
    await end(child);
    const [opener] = await openers(1);
    assert.deepEqual([opener?.tgid, opener?.exe], [fork, BASH]);
    assert.notEqual(opener?.parentTgid, child.pid);
  });

  it('tells the programs apart that a process runs one after the other', async () => {
    const child = source.spawn('bash', [
      '-c',
      `${CONNECT}; exec 3>&-; exec sh -c 'exec "$0" -c "$1"' bash '${CONNECT}'`,
    ]);
    await end(child);
    const [first, second] = await openers(2);
    assert.deepEqual([first?.tgid, second?.tgid], [child.pid, child.pid]);
    assert.notEqual(first?.serial, second?.serial);
    assert.equal(first?.startedNs, second?.startedNs);
  });

  it('names the process for whichever of its threads connects', async () => {
    const child = source.spawn(process.execPath, [CONNECT_FROM_THREADS, target.address, String(SERVICE)]);
    await end(child);
    const [main, thread] = await openers(2);
    assert.equal(main?.tgid, child.pid);
    assert.equal(main?.exe, process.execPath);
    assert.deepEqual(thread, main);
  });

  it('gives a relative path as exec had it, and none that has 200 bytes or more', async () => {
    await source.run('sh', ['-c', `cd /; exec .${BASH} -c '${CONNECT}'`]);
    await source.run(`${'/.'.repeat(100)}${BASH}`, ['-c', CONNECT]);
    const [relative, long] = await openers(2);
    assert.deepEqual([relative?.exe, relative?.comm], [`.${BASH}`, 'bash']);
    assert.deepEqual([long?.exe, long?.comm], [undefined, 'bash']);
  });

  it('names on the called host the process that listens, also one that did before the probe was opened', async () => {
    const since = SERVICE - 1;
    await target.serve([`silent:${since}`]);
    const listeners: (ProcessEntry | undefined)[] = [];
    for (const service of [SERVICE, since]) {
      await source.run('bash', ['-c', `exec 3<>/dev/tcp/10.77.0.2/${service}`]);
      const [seen] = await collect(
        [ring],
        1,
        ({ netns, localPort }) => netns === target.inode && localPort === service,
      );
      listeners.push(processes.find(seen!.process));
    }
    const [before, later] = listeners;
    for (const listener of listeners) {
      assert.equal(listener?.exe, process.execPath);
      assert.equal(listener.parentTgid, process.pid);
    }
    assert.ok(before!.startedNs < later!.startedNs);
  });

  it('names a listener also after more processes have connected than the table holds', async () => {
    // On every CPU, as each has its own share of the table: 4,096 in all, or 256 each.
    const cpus = availableParallelism();
    const each = Math.max(4096 / 2 ** Math.ceil(Math.log2(cpus)), 256) + 1;
    // Each subshell is a process of its own; nobody listens there.
    const connects = `for ((i = 0; i < ${each}; i++)); do (exec 3<>/dev/tcp/10.77.0.2/1); done 2>/dev/null; true`;
    const before = probe.counters().submitted;
    await Promise.all(
      Array.from({ length: cpus }, (_, cpu) => source.run('taskset', ['-c', String(cpu), 'bash', '-c', connects])),
    );
    assert.ok(probe.counters().submitted - before >= cpus * each);
    await source.run('bash', ['-c', CONNECT]);
    const [seen] = await collect([ring], 1, ({ netns, localPort }) => netns === target.inode && localPort === SERVICE);
    assert.equal(processes.find(seen!.process)?.exe, process.execPath);
  });

  it('names nobody where two processes share a port, and a later listener once they are gone', async () => {
    const shared = SERVICE - 2;
    const listen = `require('net').createServer((socket) => socket.resume()).listen({ port: ${shared}, reusePort: true }, () => console.log('listens'))`;
    const listenerOf = async () => {
      await source.run('bash', ['-c', `exec 3<>/dev/tcp/10.77.0.2/${shared}`]);
      const [seen] = await collect([ring], 1, ({ netns, localPort }) => netns === target.inode && localPort === shared);
      return processes.find(seen!.process)?.tgid;
    };
    const start = async () => {
      const child = target.spawn(process.execPath, ['-e', listen]);
      await once(child.stdout!, 'data');
      return child;
    };
    const stop = async (child: ChildProcess) => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };
    const first = await start();
    assert.equal(await listenerOf(), first.pid);
    const second = await start();
    assert.equal(await listenerOf(), undefined);
    await Promise.all([stop(first), stop(second)]);
    const later = await start();
    assert.equal(await listenerOf(), later.pid);
    await stop(later);
  });

  let port = SERVICE;
  for (const how of ['', 'from=30000', 'fastopen=1', 'unwritten', 'mptcp', 'v6', 'mapped']) {
    it(`names the caller of connect ${how || 'without more ado'}`, async () => {
      const [atSource, atTarget] = [startPeer(source, target), startPeer(target, source)];
      port++;
      for (const peer of [atSource, atTarget]) await peer.step(`case ${port}`);
      await atTarget.step(`listen${{ v6: ' v6', 'fastopen=1': ' fastopen', mptcp: ' mptcp' }[how] ?? ''}`);
      await atSource.step(`connect ${how}`.trim());
      await atSource.step('abort');
      const [opener] = await openers(1);
      assert.equal(opener?.comm, 'peer');
    });
  }

  it('knows no path of a program that ran before the probe was opened', async () => {
    const child = source.spawn('bash', ['-c', `read; ${CONNECT}`]);
    await source.run('true', []);
    const late = openLabProbe();
    const [lateRing, lateProcesses] = [mapRing(late.rings[0]!), mapProcesses(late.processes)];
    await end(child);
    const [seen] = await collect([lateRing], 1, isSource);
    const { tgid, exe } = lateProcesses.find(seen!.process)!;
    assert.deepEqual([tgid, exe], [child.pid, undefined]);
    await openers(1);
    lateProcesses.close();
    lateRing.close();
    late.close();
  });

  it('can be left out', async () => {
    const without = openLabProbe({ attribution: false });
    const plainRing = mapRing(without.rings[0]!);
    await source.run('bash', ['-c', CONNECT]);
    const [seen] = await collect([plainRing], 1, isSource);
    assert.equal(seen?.process, 0);
    await openers(1);
    plainRing.close();
    without.close();
  });
});
