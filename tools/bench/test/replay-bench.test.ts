import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connLog } from '../src/conn-log.ts';
import { replayBench } from '../src/replay-bench.ts';

test('replay: every line of the log is read, and its scans are found', async () => {
  const results = await replayBench({ lines: 20_000, rounds: 1, say: () => {} });
  assert.deepEqual(
    results.map(({ name, unit, runs }) => [name, unit, runs.length]),
    [
      ['detector.replayLinesPerSecond', 'lines/s', 1],
      ['detector.replayMemoryMiB', 'MiB', 1],
    ],
  );
  for (const { value } of results) assert.ok(value > 0);
});

test('the log is the same for the same seed, and another for another', () => {
  const logOf = (seed: number) => [...connLog(1000, seed)].join('');
  assert.equal(logOf(1), logOf(1));
  assert.notEqual(logOf(1), logOf(2));
  assert.equal(logOf(1).trimEnd().split('\n').length, 1006);
});
