import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Ring } from '@connscan/probe';
import { BEATS, type Drained, type Order, type RingWorkerData } from './ring-protocol.ts';

/** Threads that read one ring each. */
export type RingWorkers = AsyncDisposable & {
  /** The first `count` workers read their rings to the end, all beginning at the same time. */
  drain(count: number): Promise<Drained[]>;
  /** All read their rings every 5 ms until `stop`, which answers with everything read. */
  poll(): void;
  stop(): Promise<Drained[]>;
};

export function startRingWorkers(rings: readonly Ring[]): RingWorkers {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const workers = rings.map((ring) => {
    const workerData: RingWorkerData = { ring, gate };
    return new Worker(new URL('./ring-worker.ts', import.meta.url), { workerData });
  });

  const tell = (worker: Worker, order: Order) => worker.postMessage(order);
  const ask = (asked: readonly Worker[], order: Order): Promise<Drained[]> =>
    Promise.all(
      asked.map(async (worker) => {
        const answer = once(worker, 'message');
        tell(worker, order);
        return (await answer)[0];
      }),
    );

  return {
    drain(count) {
      Atomics.store(gate, 1, count);
      Atomics.store(gate, 0, count * BEATS);
      return ask(workers.slice(0, count), 'drain');
    },
    poll() {
      for (const worker of workers) tell(worker, 'poll');
    },
    stop: () => ask(workers, 'stop'),
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
