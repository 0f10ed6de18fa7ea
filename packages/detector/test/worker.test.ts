import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createShard, openDetector } from '../src/index.ts';
import { observeNth } from './nth-observation.ts';
import { NO_CADENCE_POLICY } from './policies.ts';

const SIZE = { sources: 128, services: 16_384, episodes: 128, key: [1, 2] as const, startedMs: 0 };
const LIVES = 8;
const RECORDS_PER_LIFE = 20_000;

test('workers that are killed one after the other find what one worker finds that lives', async () => {
  const shard = createShard(SIZE);
  const progress = new Int32Array(new SharedArrayBuffer(4));
  for (let life = 1; life <= LIVES; life++) {
    const workerData = { shard, progress, end: 1e9 };
    const worker = new Worker(new URL('./observing-worker.ts', import.meta.url), { workerData });
    await once(worker, 'online');
    while (Atomics.load(progress, 0) < life * RECORDS_PER_LIFE) await setImmediate();
    await worker.terminate();
  }
  const observed = Atomics.load(progress, 0);
  const heir = openDetector(shard, NO_CADENCE_POLICY);
  // The record that the last one was at, once more.
  observeNth(heir, observed);

  const survivor = openDetector(createShard(SIZE), NO_CADENCE_POLICY);
  for (let n = 0; n <= observed; n++) observeNth(survivor, n);
  const told = (detector: typeof heir) =>
    detector.takeAlerts().map(({ source, startedMs, distinctServices, lastSeenMs, severity, confidence }) => {
      return [source, startedMs, distinctServices, lastSeenMs, severity, confidence].join(' ');
    });
  assert.equal(heir.pendingAlerts(), 64);
  assert.deepEqual(told(heir).sort(), told(survivor).sort());
});
