import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemsOf } from './problems.ts';
import { PROCESS_LIMITS, processSchema, snapshotSchema } from './process.ts';

test('the least that can be known of a process is a process', () => {
  const least = { pid: 7, startedMs: 0, comm: '', uid: 0 };
  assert.deepEqual(processSchema.parse(least), least);
});

test('a snapshot of which nothing could be learnt is a snapshot', () => {
  const nothing = { takenMs: 0, tree: [], unknown: ['exe: permission'] };
  assert.deepEqual(snapshotSchema.parse(nothing), nothing);
});

test('a command line is bounded by the characters of all its arguments together', () => {
  const half = 'x'.repeat(PROCESS_LIMITS.commandLine / 2);
  assert.ok(snapshotSchema.safeParse({ takenMs: 0, tree: [], unknown: [], commandLine: [half, half] }).success);
  const { error } = snapshotSchema.safeParse({ takenMs: 0, tree: [], unknown: [], commandLine: [half, half, 'x'] });
  assert.deepEqual(problemsOf(error!), ['commandLine: must have at most 4096 characters together']);
});
