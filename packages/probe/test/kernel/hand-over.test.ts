import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLab, type Lab } from '@connscan/lab';
import type { ProbeCounters } from '../../src/counters.ts';
import { CAPABILITIES } from '../../src/exec-without-privileges.ts';
import { adoptProbe } from '../../src/probe.ts';
import type { Seen } from '../collect.ts';
import { openLabProbe } from './open-lab-probe.ts';
import { SETPRIV } from './setpriv.ts';

const SERVICE = 3000;
const NOBODY = 65_534;
const PROGRAM = fileURLToPath(new URL('./hand-over.ts', import.meta.url));

describe('a probe that was handed over', () => {
  let lab: Lab;
  /** Other tests may use the same addresses elsewhere. */
  let scope: number[];

  before(async () => {
    lab = createLab({ targets: 1 });
    scope = [lab.source.inode, lab.targets[0]!.inode];
    await lab.targets[0]!.serve([`silent:${SERVICE}`]);
  });
  const children = new Set<ChildProcess>();
  after(() => {
    for (const child of children) child.kill('SIGKILL');
    lab?.close();
  });

  async function connect(bytes = 0): Promise<void> {
    const target = `/dev/tcp/${lab.targets[0]!.address}/${SERVICE}`;
    await lab.source.run('bash', ['-c', `exec 3<>${target}; printf %${bytes}s '' >&3`]);
  }

  /** A program that has opened a probe and, once asked anything, goes on without privileges. */
  async function start(before: readonly string[], user: number, keep = '') {
    const [command = '', ...words] = [...before, process.execPath, PROGRAM, keep, String(user), ...scope.map(String)];
    const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.add(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, 'open');

    async function ask<Answer>(line: string): Promise<Answer> {
      child.stdin.write(`${line}\n`);
      return JSON.parse((await lines.next()).value ?? '');
    }

    /** The records of `event`, as many as expected; any more are seen by the next call. */
    async function recordsOf(expected: number, event: () => Promise<void>): Promise<(Seen & { comm?: string })[]> {
      const left = async () => {
        const { external, talked } = (await ask<ProbeCounters>('counters')).filtered;
        return external + talked;
      };
      const before = await left();
      await event();
      while (expected === 0 && (await left()) < before + 2);
      const seen: (Seen & { comm?: string })[] = [];
      do seen.push(...(await ask<Seen[]>('drain')));
      while (seen.length < expected);
      return seen;
    }

    async function end(): Promise<void> {
      child.stdin.end();
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    }
    return { ask, recordsOf, end };
  }

  for (const [who, before, user, uid] of [
    ['root without capabilities', [], 0, 0],
    ['an ordinary user', [], NOBODY, NOBODY],
    ['an ordinary user that had the two capabilities', SETPRIV, 0, NOBODY],
  ] as const) {
    it(`loses nothing in between, and takes settings from ${who}`, async () => {
      const probe = await start(before, user);
      await connect();
      assert.equal(await probe.ask('adopt'), 'adopted');
      assert.deepEqual(await probe.ask('unavailable'), []);

      const status = await probe.ask<string>('status');
      // Without CAP_SETPCAP the bounding set stays, but nothing is left that could draw from it.
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb', ...(before.length > 0 ? [] : ['CapBnd'])]) {
        assert.match(status, new RegExp(`^${set}:\\s*0+$`, 'm'));
      }
      assert.match(status, /^NoNewPrivs:\s*1$/m);
      assert.match(status, new RegExp(`^Uid:(\\s+${uid}){4}$`, 'm'));

      const held = await probe.recordsOf(2, async () => {});
      assert.equal(held.length, 2);
      assert.deepEqual(new Set(held.map(({ comm }) => comm)), new Set(['bash', 'MainThread']));
      assert.equal((await probe.recordsOf(2, connect)).length, 2);

      await probe.ask(`netns ${lab.source.inode}`);
      assert.deepEqual(
        (await probe.recordsOf(1, connect)).map(({ netns }) => netns),
        [lab.source.inode],
      );
      await probe.ask(`netns ${scope.join(' ')}`);
      await probe.ask('internal 10.77.0.1/32');
      assert.equal((await probe.recordsOf(0, connect)).length, 0);
      await probe.ask('internal 10.77.0.0/16');
      await probe.ask('limits 0 60');
      assert.equal((await probe.recordsOf(0, () => connect(1))).length, 0);
      await probe.ask('limits 1 60');
      assert.equal((await probe.recordsOf(2, () => connect(1))).length, 2);

      await probe.ask('detach');
      const { seen } = await probe.ask<ProbeCounters>('counters');
      await connect();
      assert.equal((await probe.ask<ProbeCounters>('counters')).seen, seen);
      await probe.end();
    });
  }

  for (const [who, user] of [
    ['root', 0],
    ['an ordinary user', NOBODY],
  ] as const) {
    it(`keeps the capabilities that ${who} is to keep, and no other`, async () => {
      const probe = await start([], user, String(CAPABILITIES.sysPtrace));
      assert.equal(await probe.ask('adopt'), 'adopted');
      const status = await probe.ask<string>('status');
      for (const set of ['CapPrm', 'CapEff', 'CapBnd'])
        assert.match(status, new RegExp(`^${set}:\\s*0{11}80000$`, 'm'));
      await probe.end();
    });
  }

  it('is closed where it came from, and goes on where it is adopted', () => {
    const first = openLabProbe({ netns: [lab.source.inode] });
    const fds = first.handOver();
    assert.throws(() => first.counters(), { code: 'PROBE_REFUSED', message: /closed/ });
    first.close();
    const second = adoptProbe(fds);
    second.setNetns([lab.source.inode, lab.targets[0]!.inode]);
    second.setInternal([]);
    second.counters();
    second.close();
    assert.throws(() => adoptProbe(fds), { code: 'PROBE_REFUSED' });
  });
});
