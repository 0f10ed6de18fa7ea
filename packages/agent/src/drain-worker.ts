import { mapProcesses, mapRing } from '@connscan/probe';
import { workerData } from 'piscina';
import { createDrainWorker } from './create-drain-worker.ts';
import type { DrainWorkerData } from './drain-task.ts';

const { rings, processes, work } = workerData as DrainWorkerData;

export const { drain, copyTables } = createDrainWorker({
  openReader: (shard) => mapRing(rings[shard]!).reader,
  processes: mapProcesses(processes),
  work,
});
