import { openDetector } from '@connscan/detector';
import { mapRing } from '@connscan/probe';
import { workerData } from 'piscina';
import { drainShard, type OpenShard } from './drain-shard.ts';
import type { DrainResult, DrainTask, DrainWorkerData } from './drain-task.ts';

const { rings, tables, policy, idScope } = workerData as DrainWorkerData;

/** Views that this worker has opened; the state behind them is shared, so another worker may be next. */
const openShards = new Map<number, OpenShard>();

/** The piscina task. */
export function drain(task: DrainTask): DrainResult {
  return drainShard(shardOf(task.shard), task, idScope);
}

function shardOf(shard: number): OpenShard {
  const open = openShards.get(shard) ?? {
    reader: mapRing(rings[shard]!).reader,
    detector: openDetector(tables[shard]!, policy),
  };
  openShards.set(shard, open);
  return open;
}
