import { randomInt, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname, release } from 'node:os';
import { createShard, divideSize, restoreShard, shardBytes } from '@connscan/detector';
import { type ModelName, policyHash } from '@connscan/model';
import { bootTimeMs, mapRing, type Probe } from '@connscan/probe';
import { type Daemon, type Logger, openDataDirectory } from '@connscan/program';
import { createUplinkClient } from '@connscan/wire';
import { credentials } from '@grpc/grpc-js';
import type { AgentConfig } from './agent-config.ts';
import { readAgentId } from './agent-id.ts';
import { createDrainLoop } from './drain-loop.ts';
import { createDrainPool } from './drain-pool.ts';
import type { DrainWorkerData } from './drain-task.ts';
import { createFirstWork } from './drain-work.ts';
import { createEvidence } from './evidence.ts';
import { healthOf } from './health-of.ts';
import { type NetnsScope, takeScope } from './netns-scope.ts';
import { HOST_FILES } from './process/host-files.ts';
import { createQueue } from './queue.ts';
import { createSnapshotFiles, type SnapshotFiles } from './snapshot-files.ts';
import { sumCounters } from './sum-counters.ts';
import { createUplink } from './uplink.ts';
import { VERSION } from './version.ts';

/** Payload bytes that wait for the aggregator at most: a day of quiet, an hour of a scanned network. */
const QUEUE_BYTES = 32 * 2 ** 20;

/** What a stopping agent gives the aggregator to acknowledge the rest, in milliseconds. */
const LAST_ACKS_MS = 5000;

export type AgentOptions = {
  /** An open probe; the agent closes it, also if it cannot start. */
  readonly probe: Probe;
  readonly scope: NetnsScope;
  readonly config: AgentConfig;
  readonly data: string;
  /** HOST:PORT of the aggregator's gRPC port. */
  readonly aggregator: string;
  readonly logger: Logger;
};

/**
 * Starts an agent around a probe that sees already; it needs no privilege. `stop` takes its parts down from the source to
 * the sink: the probe is detached, the rings are read to their end, the tables are kept on disk, the queue waits for its acknowledgements. Throws
 * SCOPE_IN_USE and DATA_DIRECTORY_*.
 */
export async function startAgent({ probe, scope, config, data, aggregator, logger }: AgentOptions): Promise<Daemon> {
  await using starting = new AsyncDisposableStack();
  starting.defer(() => probe.close());
  starting.adopt(await takeScope(scope), (lock) => lock.release());
  const directory = starting.adopt(await openDataDirectory(data), (opened) => opened.close());
  const agentId = await readAgentId(directory.path);
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  for (const part of probe.unavailable) logger.warn(part, 'this kernel does not take a part of the probe');

  const { policy } = config;
  const shards = probe.rings.length;
  const snapshots = createSnapshotFiles({ directory: directory.path, bootId, shards, logger });
  const createTables = (model: ModelName, shard: number) => restoreTables(snapshots, model, shard, shards);
  const work = await createFirstWork(policy, false, { shards, idScope: `${agentId} ${bootId}`, createTables });
  const pool = starting.adopt(
    createDrainPool({
      worker: new URL('./drain-worker.ts', import.meta.url),
      work,
      workerData: { rings: probe.rings, processes: probe.processes } satisfies Omit<DrainWorkerData, 'work'>,
    }),
    (started) => started.close(),
  );
  const rings = probe.rings.map((ring) => starting.adopt(mapRing(ring), (mapped) => mapped.close()));
  const clock = { bootTimeMs, wallTimeMs: Date.now };
  const queue = createQueue(QUEUE_BYTES);
  const evidence = createEvidence({ host: HOST_FILES, redact: config.redactArguments, queue, ...clock, logger });
  const loop = createDrainLoop({
    readers: rings.map(({ reader }) => reader),
    runTask: pool.drain,
    copyTables: pool.copyTables,
    async writeTables(shard, copies) {
      for (const { model, tables } of copies) await snapshots.write(model, shard, tables);
    },
    queue,
    evidence,
    ...clock,
    logger,
  });
  const detectorHealth = () => ({
    unknownOriginators: loop.unknownOriginators(),
    workerDeaths: loop.workerDeaths(),
    snapshotsRefused: snapshots.refused(),
    ...sumCounters(loop.counters()),
  });
  const health = () => healthOf(probe.counters(), loop.processed(), queue.dropped(), detectorHealth());
  const uplink = createUplink({
    client: createUplinkClient(aggregator, credentials.createInsecure()),
    hello: {
      agentId,
      epoch: randomUUID(),
      version: VERSION,
      hostname: hostname(),
      kernel: release(),
      instance: randomUUID(),
      bootId,
      capabilities: [],
      policyHash: policyHash(policy),
      policyVersion: 0,
    },
    queue,
    health,
    logger,
  });

  uplink.start();
  starting.defer(async () => {
    const left = await uplink.stop(LAST_ACKS_MS);
    if (left > 0) {
      logger.error({ batches: left }, 'the aggregator did not acknowledge these batches in time; they are lost');
    }
    logger.info(health(), 'stopped');
  });
  starting.defer(() => evidence.settled());
  await loop.start();
  starting.defer(() => loop.stop());
  starting.defer(() => probe.detach());

  const running = starting.move();
  return { stop: () => running.disposeAsync() };
}

/** The tables of one model and shard: those of the last snapshot, or empty ones. Each model has the default size to itself. */
async function restoreTables(
  snapshots: SnapshotFiles,
  model: ModelName,
  shard: number,
  shards: number,
): Promise<SharedArrayBuffer> {
  const size = divideSize(shards);
  const restored = await snapshots.read(model, shard, shardBytes(size), restoreShard);
  return restored ?? createShard({ ...size, key: [randomInt(2 ** 32), randomInt(2 ** 32)], startedMs: bootTimeMs() });
}
