import { openDetector, saveShard } from '@connscan/detector';
import type { MappedProcesses, RingReader } from '@connscan/probe';
import { move } from 'piscina';
import { createIsProcess } from './create-is-process.ts';
import { drainShard, type OpenShard } from './drain-shard.ts';
import type { CopyTask, DrainResult, DrainTask, DrainWork, ShardTask } from './drain-task.ts';
import { openModels } from './open-models.ts';
import { openOwnerTable } from './owner-table.ts';
import { openServiceTable } from './service-table.ts';

export type DrainWorkerOptions = {
  readonly openReader: (shard: number) => RingReader;
  readonly processes: Pick<MappedProcesses, 'find'>;
  /** What the shards begin with. */
  readonly work: DrainWork;
};

/** The piscina tasks of a worker. One that answers undefined asks for the work of its generation. */
export type DrainWorker = {
  drain(task: DrainTask): DrainResult | undefined;
  /** A copy of the tables of one model, whose memory goes to the main thread. */
  copyTables(task: CopyTask): Uint8Array | undefined;
};

type Opened = { readonly shard: OpenShard; readonly work: DrainWork };

/** A worker has nothing but views, opened when they are first asked for; the state behind them is shared. */
export function createDrainWorker({ openReader, processes, work: first }: DrainWorkerOptions): DrainWorker {
  const isProcess = createIsProcess(processes);
  /** The latest work, and the one before, by which some shards may still go on. */
  const works = new Map([[first.generation, first]]);
  const opened = new Map<number, Opened>();

  function openShard({ shard: number, generation, work: sent }: ShardTask): Opened | undefined {
    if (sent) learn(sent);
    const before = opened.get(number);
    if (before?.work.generation === generation) return before;
    const work = works.get(generation);
    if (!work) return undefined;
    const { detectors, owners, services } = work.shards[number]!;
    const models = openModels(work.policy, work, (model, index) => {
      const detector = openDetector(detectors[index]!, model, { isProcess });
      // The tables may have been brought up to now by other limits.
      if (work !== first) detector.usePolicy(model);
      return detector;
    });
    const shard = {
      reader: before?.shard.reader ?? openReader(number),
      ...models,
      owners: openOwnerTable(owners),
      services: openServiceTable(services),
      processes,
    };
    opened.set(number, { shard, work });
    return opened.get(number);
  }

  function learn(work: DrainWork): void {
    works.set(work.generation, work);
    for (const generation of works.keys()) if (generation < work.generation - 1) works.delete(generation);
  }

  return {
    drain(task) {
      const open = openShard(task);
      return open && drainShard(open.shard, task, open.work.origin);
    },
    copyTables(task) {
      const open = openShard(task);
      if (!open) return undefined;
      // What has arrived is not told again after a restart.
      open.shard.models[task.model]!.detector.arrived(task.arrived);
      return move(saveShard(open.work.shards[task.shard]!.detectors[task.model]!)) as Uint8Array;
    },
  };
}
