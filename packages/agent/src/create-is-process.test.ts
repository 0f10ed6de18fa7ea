import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessEntry } from '@connscan/probe';
import { createIsProcess } from './create-is-process.ts';

const scanner: ProcessEntry = {
  serial: 7,
  tgid: 4711,
  startedNs: 1n,
  parentTgid: 1,
  uid: 0,
  cgroupId: 1n,
  comm: 'vulnerability-s',
  exe: '/opt/bin/vulnerability-scanner',
};

test('a process has its name, its path and the last part of its path, and no part of them', () => {
  const isProcess = createIsProcess({ find: (serial) => (serial === 7 ? scanner : undefined) });
  for (const name of ['vulnerability-s', 'vulnerability-scanner', '/opt/bin/vulnerability-scanner']) {
    assert.ok(isProcess(7, ['other', name]), name);
  }
  for (const name of ['vulnerability', 'bin/vulnerability-scanner', '/bin/vulnerability-scanner', '']) {
    assert.ok(!isProcess(7, [name]), name);
  }
});

test('an unknown or forgotten process has no name', () => {
  const isProcess = createIsProcess({ find: () => undefined });
  assert.ok(!isProcess(0, ['']));
  assert.ok(!isProcess(8, ['vulnerability-s']));
});

test('a process without a path has its name', () => {
  const isProcess = createIsProcess({ find: () => ({ ...scanner, exe: undefined }) });
  assert.ok(isProcess(7, ['vulnerability-s']));
  assert.ok(!isProcess(7, ['vulnerability-scanner']));
});

test('a process that was seen once keeps its name when the kernel forgets it', () => {
  let calls = 0;
  const isProcess = createIsProcess({ find: () => (calls++ === 0 ? scanner : undefined) });
  assert.deepEqual([isProcess(7, ['vulnerability-s']), isProcess(7, ['vulnerability-s'])], [true, true]);
});
