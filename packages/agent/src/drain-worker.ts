import { inlineDeeply, openDetector, saveShard } from '@connscan/detector';
import { mapProcesses, mapRing } from '@connscan/probe';
import { move, workerData } from 'piscina';
import { createIsProcess } from './create-is-process.ts';
import { drainShard, type OpenShard } from './drain-shard.ts';
import type { CopyTask, DrainResult, DrainTask, DrainWorkerData } from './drain-task.ts';
import { openModels } from './open-models.ts';
import { openOwnerTable } from './owner-table.ts';
import { openServiceTable } from './service-table.ts';

inlineDeeply();
const { rings, processes, shards, policy, origin } = workerData as DrainWorkerData;
const mappedProcesses = mapProcesses(processes);
const isProcess = createIsProcess(mappedProcesses);

/** Views that this worker has opened; the state behind them is shared, so another worker may be next. */
const openShards = new Map<number, OpenShard>();

/** The piscina task. */
export function drain(task: DrainTask): DrainResult {
  return drainShard(shardOf(task.shard), task, origin);
}

/** The piscina task beside it: a copy of the tables of one model, whose memory goes to the main thread. */
export function copyTables({ shard, model }: CopyTask): Uint8Array {
  return move(saveShard(shards[shard]!.detectors[model]!)) as Uint8Array;
}

function shardOf(number: number): OpenShard {
  const memory = shards[number]!;
  const open = openShards.get(number) ?? {
    reader: mapRing(rings[number]!).reader,
    ...openModels(policy, (model, index) => openDetector(memory.detectors[index]!, model, { isProcess })),
    owners: openOwnerTable(memory.owners),
    services: openServiceTable(memory.services),
    processes: mappedProcesses,
  };
  openShards.set(number, open);
  return open;
}
