import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { detectorBench } from '../src/detector-bench.ts';
import { kernelBench } from '../src/kernel-bench.ts';
import { median, type Result } from '../src/result.ts';
import { ringBench } from '../src/ring-bench.ts';
import { spoolBench } from '../src/spool-bench.ts';

const say = () => {};

/** Checks the shape of what is printed; returns the values by name. */
function valuesOf(results: readonly Result[], prefix: string): Map<string, number> {
  for (const { name, value, unit, runs } of JSON.parse(JSON.stringify(results))) {
    assert.match(name, new RegExp(`^${prefix}\\.\\w+$`));
    assert.match(unit, /^[a-zA-Z/]+$/);
    assert.ok(runs.length > 0 && runs.every(Number.isFinite), name);
    assert.ok(Math.abs(value - median(runs)) <= Math.abs(value) * 1e-3, name);
  }
  const values = new Map(results.map(({ name, value }) => [name, value]));
  assert.equal(values.size, results.length);
  return values;
}

test('ring: both readers read the same records, and every record produced is received or counted as failed', async () => {
  const options = { rounds: 1, fillsPerRound: 2, pacedPerSecond: 20_000, pacedSeconds: 0.5, say };
  const values = valuesOf(await ringBench(options), 'ring');
  assert.equal(values.get('ring.unaccountedAt150k'), 0);
  for (const name of ['recordsPerSecondOneWorker', 'recordsPerSecondTwoWorkers', 'vsC'])
    assert.ok(values.get(`ring.${name}`)! > 0);
});

test('kernel: both ends of every silent connection are recorded, and the statistics are off again', async () => {
  const statistics = () => readFileSync('/proc/sys/kernel/bpf_stats_enabled', 'utf8');
  const before = statistics();
  const values = valuesOf(await kernelBench({ rounds: 2, trafficMs: 50, say }), 'kernel');
  assert.equal(values.get('kernel.recordsMissing'), 0);
  for (const name of ['nsPerTransition', 'nsPerTransitionAttributed', 'connectionRateRatio', 'rateVsBpftrace'])
    assert.ok(values.get(`kernel.${name}`)! > 0);
  assert.equal(statistics(), before);
});

test('detector: C comes to the same results, nothing is evicted, and the tables of an agent fit into 32 MiB', async () => {
  const values = valuesOf(await detectorBench({ rounds: 1, records: 160_000, replayLines: 20_000, say }), 'detector');
  assert.ok(values.get('detector.memoryMiB')! <= 32);
  for (const name of ['eventsPerSecond2k', 'cEventsPerSecond200k', 'vsC', 'adversarialRatio', 'replayLinesPerSecond'])
    assert.ok(values.get(`detector.${name}`)! > 0);
});

test('spool: every batch is durable, beside C on the same file system', async () => {
  const values = valuesOf(await spoolBench({ rounds: 1, appends: 20, say }), 'spool');
  for (const name of ['appendsPerSecond', 'appendP99Ms', 'detectionAppendsPerSecond', 'appendsVsC'])
    assert.ok(values.get(`spool.${name}`)! > 0);
});
