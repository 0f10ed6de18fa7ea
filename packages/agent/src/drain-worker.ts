import { openDetector } from '@connscan/detector';
import { mapProcesses, mapRing } from '@connscan/probe';
import { workerData } from 'piscina';
import { drainShard, type OpenShard } from './drain-shard.ts';
import type { DrainResult, DrainTask, DrainWorkerData } from './drain-task.ts';
import { openOwnerTable } from './owner-table.ts';
import { openServiceTable } from './service-table.ts';

const { rings, processes, shards, policy, idScope } = workerData as DrainWorkerData;
const mappedProcesses = mapProcesses(processes);

/** Views that this worker has opened; the state behind them is shared, so another worker may be next. */
const openShards = new Map<number, OpenShard>();

/** The piscina task. */
export function drain(task: DrainTask): DrainResult {
  return drainShard(shardOf(task.shard), task, idScope);
}

function shardOf(number: number): OpenShard {
  const memory = shards[number]!;
  const open = openShards.get(number) ?? {
    reader: mapRing(rings[number]!).reader,
    detector: openDetector(memory.detector, policy),
    owners: openOwnerTable(memory.owners),
    services: openServiceTable(memory.services),
    processes: mappedProcesses,
  };
  openShards.set(number, open);
  return open;
}
