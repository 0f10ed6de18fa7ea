import { workerData } from 'node:worker_threads';
import { openDetector } from '../src/index.ts';
import { observeNth } from './nth-observation.ts';
import { NO_CADENCE_POLICY } from './policies.ts';

// Takes a shard up where the worker before left it, and observes until it is killed or all is done.
const { shard, progress, end }: { shard: WebAssembly.Memory; progress: Int32Array; end: number } = workerData;
const detector = openDetector(shard, NO_CADENCE_POLICY);
for (let next = Atomics.load(progress, 0); next < end; next++) {
  observeNth(detector, next);
  Atomics.store(progress, 0, next + 1);
}
