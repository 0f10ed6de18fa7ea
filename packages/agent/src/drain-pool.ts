import { fileURLToPath } from 'node:url';
import { enabledModels } from '@connscan/model';
import { Piscina } from 'piscina';
import type { CopyTask, DrainResult, DrainTask, DrainWork, ShardTask, TablesCopy } from './drain-task.ts';

/**
 * Shards that share a thread, which takes more than a million records a second; the kernel makes some 80,000 on a CPU that does
 * nothing else, and there is a CPU for each shard. A thread costs 12 MiB.
 */
const SHARDS_A_THREAD = 4;

export type DrainPoolOptions = {
  /** The module of the workers. */
  readonly worker: URL;
  /** What the shards begin with. */
  readonly work: DrainWork;
  /** What the workers get beside it. */
  readonly workerData: object;
};

/** The worker threads. A task rejects if its worker dies, and another worker takes the place. */
export type DrainPool = {
  /** Lets tasks of this generation follow; of those before, only the last one is still known. */
  use(work: DrainWork): void;
  drain(task: DrainTask): Promise<DrainResult>;
  /** The tables of every model at work. */
  copyTables(task: ShardTask): Promise<TablesCopy[]>;
  close(): Promise<void>;
};

export function createDrainPool({ worker, work: first, workerData }: DrainPoolOptions): DrainPool {
  const works = new Map([[first.generation, first]]);
  // One for each thread, as a pool lets nobody choose the worker: each maps the rings that it reads and not all.
  const pools = Array.from(
    { length: Math.ceil(first.shards.length / SHARDS_A_THREAD) },
    () =>
      new Piscina<DrainTask | CopyTask, DrainResult | Uint8Array | undefined>({
        filename: fileURLToPath(worker),
        name: 'drain',
        minThreads: 1,
        maxThreads: 1,
        workerData: { ...workerData, work: first },
      }),
  );

  /** A worker may be one that took the place of another, so one that does not know the work asks for it. */
  async function run(task: DrainTask | CopyTask, name: 'drain' | 'copyTables') {
    const pool = pools[task.shard % pools.length]!;
    const answer = await pool.run(task, { name });
    return answer ?? pool.run({ ...task, work: works.get(task.generation)! }, { name });
  }

  return {
    use(work) {
      works.set(work.generation, work);
      for (const generation of works.keys()) if (generation < work.generation - 1) works.delete(generation);
    },
    drain: async (task) => (await run(task, 'drain')) as DrainResult,
    async copyTables(task) {
      const copies: TablesCopy[] = [];
      for (const [index, { model }] of enabledModels(works.get(task.generation)!.policy).entries()) {
        copies.push({ model: model.name, tables: (await run({ ...task, model: index }, 'copyTables')) as Uint8Array });
      }
      return copies;
    },
    close: async () => void (await Promise.all(pools.map((pool) => pool.destroy()))),
  };
}
