import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { readNetnsScope, takeScope } from './netns-scope.ts';

test('a namespace is named by a path; what is none is a problem', () => {
  const problems: string[] = [];
  assert.deepEqual(readNetnsScope(['/proc/self/ns/net', 'nowhere'], problems), [statSync('/proc/self/ns/net').ino]);
  assert.deepEqual(problems, [
    "--netns: must name a network namespace: ENOENT: no such file or directory, stat '/run/netns/nowhere'",
  ]);
});

test('no option watches all namespaces', () => {
  assert.equal(readNetnsScope(undefined, []), undefined);
});

test('a scope is for one agent, until it is released', async () => {
  const first = await takeScope([1, 2]);
  await assert.rejects(takeScope([3, 2]), { code: 'SCOPE_IN_USE', message: /network namespace 2/ });
  const other = await takeScope([3]);
  await first.release();
  const second = await takeScope([1, 2]);
  await second.release();
  await other.release();
});
