import { workerData } from 'piscina';
import { createDrainWorker } from '../src/create-drain-worker.ts';
import type { DrainResult, DrainTask, DrainWork } from '../src/drain-task.ts';
import { openMemoryReader, type RingMemory } from './memory-ring.ts';

/** A drain worker on rings in memory, which dies with every so many-th answer in its hand. */
export type MemoryWorkerData = {
  readonly rings: readonly RingMemory[];
  readonly work: DrainWork;
  /** One word: 0 is never. */
  readonly fatalAnswer: SharedArrayBuffer;
};

const { rings, work, fatalAnswer } = workerData as MemoryWorkerData;
const fatal = new Int32Array(fatalAnswer);

const worker = createDrainWorker({
  openReader: (shard) => openMemoryReader(rings[shard]!),
  processes: { find: () => undefined },
  work,
});

export const { copyTables } = worker;

export function drain(task: DrainTask): DrainResult | undefined {
  const result = worker.drain(task);
  if (result && task.answer % Atomics.load(fatal, 0) === 0) process.exit(1);
  return result;
}
