import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { spawnChild } from '../../test/spawn-child.ts';
import { parseStat, readStat, ticksOf } from './read-stat.ts';

test('the name of a process may hold what separates fields', () => {
  const text = `7 (a) S 9 (b\n)) R 4 ${'0 '.repeat(17)}1234 5 6\n`;
  assert.deepEqual(parseStat(text), { comm: 'a) S 9 (b\n)', parentPid: 4, startTicks: 1234 });
});

test('a process that gives itself a wild name is read by the name it has', async () => {
  const name = 'a) \\n\n(';
  const script = 'printf %s "$1" > /proc/$$/comm; echo; read end';
  await using child = await spawnChild('/bin/sh', ['-c', script, 'sh', name]);
  await once(child.stdout, 'data');
  assert.equal((await readStat('/proc', child.pid)).comm, name);
});

test('the stat of this very process is read', async () => {
  assert.equal((await readStat('/proc', process.pid)).parentPid, process.ppid);
});

test('a boot time in nanoseconds is the tick it lies in', () => {
  assert.equal(ticksOf(12_349_999_999n), 1234);
});
