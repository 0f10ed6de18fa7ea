import { createShard, restoreShard } from '@connscan/detector';
import type { ModelName, Policy } from '@connscan/model';
import { createLogger } from '@connscan/program';
import { decodeDetections, decodeSightings } from '@connscan/wire';
import { createDrainLoop } from '../src/drain-loop.ts';
import { createDrainPool } from '../src/drain-pool.ts';
import { createFirstWork, type WorkOptions } from '../src/drain-work.ts';
import { createPolicyApplier } from '../src/policy/create-policy-applier.ts';
import { collectBatches } from './collect-batches.ts';
import { createMemoryRing } from './memory-ring.ts';
import type { MemoryWorkerData } from './memory-worker.ts';

const SIZE = { sources: 4096, services: 65_536, episodes: 1024 };
const SLOTS = 2 ** 14;

const logger = createLogger('test');
logger.level = 'silent';

/** The shards of an agent as they are, with real workers, but for rings in memory and a probe that only notes. */
export async function startMemoryAgent(policy: Policy, { shards = 1 } = {}) {
  const rings = Array.from({ length: shards }, () => createMemoryRing(SLOTS));
  const kept = new Map<string, Uint8Array>();
  const fatalAnswer = new SharedArrayBuffer(4);
  const options: WorkOptions = {
    shards,
    idScope: 'agent boot',
    async createTables(model: ModelName, shard: number) {
      const copy = kept.get(`${model} ${shard}`);
      return copy ? restoreShard(copy, SIZE) : createShard({ ...SIZE, key: [1, 2], startedMs: 0 });
    },
  };
  const work = await createFirstWork(policy, false, options);
  const pool = createDrainPool({
    worker: new URL('./memory-worker.ts', import.meta.url),
    work,
    workerData: { rings: rings.map(({ memory }) => memory), fatalAnswer } satisfies Omit<MemoryWorkerData, 'work'>,
  });
  const spool = collectBatches();
  const loop = createDrainLoop({
    mayTakeSightings: () => true,
    readers: rings.map(({ reader }) => reader),
    runTask: pool.drain,
    copyTables: pool.copyTables,
    async writeTables(shard, copies) {
      for (const { model, tables } of copies) kept.set(`${model} ${shard}`, tables);
    },
    spool,
    evidence: { addProcesses: () => {}, addListeners: () => {} },
    bootTimeMs: () => performance.now(),
    wallTimeMs: () => 1_700_000_000_000 + performance.now(),
    logger,
  });
  /** What the probe was told, in order. */
  const probeCalls: string[] = [];
  const probe = {
    setInternal: () => void probeCalls.push('ranges'),
    setLimits: () => void probeCalls.push('limits'),
  };
  await loop.start();

  function batches(kind: string) {
    return spool.batches.filter((batch) => batch.kind === kind).map(({ payload }) => payload);
  }

  return {
    rings,
    loop,
    probe,
    probeCalls,
    applyPolicy: createPolicyApplier({ probe, pool, loop, work, options }),
    /** Lets workers die with every n-th answer; 0 for never again. */
    dieAt: (answer: number) => void Atomics.store(new Int32Array(fatalAnswer), 0, answer),
    detections: () => batches('DETECTIONS').flatMap(decodeDetections),
    sightings: () => batches('SIGHTINGS').flatMap(decodeSightings),
    async stop() {
      await loop.stop();
      await pool.close();
    },
  };
}
