import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROCESS_LIMITS } from '@connscan/model';
import { fitArguments, fitPath } from './fit.ts';

test('arguments are cut where the characters end, and say so', () => {
  assert.deepEqual(fitArguments(['ab', 'cd'], 4), ['ab', 'cd']);
  assert.deepEqual(fitArguments(['ab', 'cdef'], 4), ['ab', 'c…']);
  assert.deepEqual(fitArguments(['a😀b'], 3), ['a…']);
});

test('whatever the arguments, what is kept is within the bounds', () => {
  const words = ['', 'a', '😀', 'bcd', '😀😀', 'x'.repeat(50)];
  for (const count of [0, 1, 5, 99, 100, 101, 150]) {
    for (let characters = 0; characters < 200; characters++) {
      const args = Array.from({ length: count }, (_, at) => words[(at * 7 + characters) % words.length]!);
      const kept = fitArguments(args, characters);
      assert.ok(kept.length <= PROCESS_LIMITS.arguments);
      assert.ok(kept.join('').length <= characters);
      assert.ok(kept.every((argument) => argument.isWellFormed()));
    }
  }
});

test('a path is told whole or not at all', () => {
  assert.equal(fitPath('/bin/sh'), '/bin/sh');
  assert.equal(fitPath('/'.padEnd(PROCESS_LIMITS.path + 1, 'x')), undefined);
  assert.equal(fitPath(''), undefined);
});
