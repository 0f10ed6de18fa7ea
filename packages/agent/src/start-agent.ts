import { randomInt, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createShard, divideSize } from '@connscan/detector';
import { bootTimeMs, mapRing, type Probe } from '@connscan/probe';
import { type Daemon, type Logger, openDataDirectory } from '@connscan/program';
import { createUplinkClient } from '@connscan/wire';
import { credentials } from '@grpc/grpc-js';
import { Piscina } from 'piscina';
import type { AgentConfig } from './agent-config.ts';
import { readAgentId } from './agent-id.ts';
import { createDrainLoop } from './drain-loop.ts';
import type { DrainResult, DrainTask, DrainWorkerData, ShardMemory } from './drain-task.ts';
import { createEvidence } from './evidence.ts';
import { healthOf } from './health-of.ts';
import { type NetnsScope, takeScope } from './netns-scope.ts';
import { OWNER_TABLE_BYTES } from './owner-table.ts';
import { HOST_FILES } from './process/host-files.ts';
import { createQueue } from './queue.ts';
import { SERVICE_TABLE_BYTES } from './service-table.ts';
import { createUplink } from './uplink.ts';
import { VERSION } from './version.ts';

/** Payload bytes that wait for the aggregator at most: a day of quiet, an hour of a scanned network. */
const QUEUE_BYTES = 32 * 2 ** 20;

/** Heap of a drain worker, in MiB. Its tables and rings are outside of the heap. */
const WORKER_HEAP_MIB = 64;

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
 * the sink: the probe is detached, the rings are read to their end, the queue waits for its acknowledgements. Throws
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

  const shards = probe.rings.length;
  const pool = starting.adopt(
    new Piscina<DrainTask, DrainResult>({
      filename: fileURLToPath(new URL('./drain-worker.ts', import.meta.url)),
      name: 'drain',
      minThreads: shards,
      maxThreads: shards,
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB },
      workerData: {
        rings: probe.rings,
        processes: probe.processes,
        shards: probe.rings.map(() => createShardMemory(shards)),
        policy: config.policy,
        idScope: `${agentId} ${bootId}`,
      } satisfies DrainWorkerData,
    }),
    (started) => started.destroy(),
  );
  const rings = probe.rings.map((ring) => starting.adopt(mapRing(ring), (mapped) => mapped.close()));
  const clock = { bootTimeMs, wallTimeMs: Date.now };
  const queue = createQueue(QUEUE_BYTES);
  const evidence = createEvidence({ host: HOST_FILES, redact: config.redactArguments, queue, ...clock, logger });
  const loop = createDrainLoop({
    readers: rings.map(({ reader }) => reader),
    runTask: (task) => pool.run(task),
    queue,
    evidence,
    ...clock,
    logger,
  });
  const health = () => healthOf(probe.counters(), loop.processed(), queue.dropped());
  const uplink = createUplink({
    client: createUplinkClient(aggregator, credentials.createInsecure()),
    hello: { agentId, epoch: randomUUID(), version: VERSION, hostname: hostname(), kernel: release() },
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

function createShardMemory(shards: number): ShardMemory {
  return {
    detector: createShard({ ...divideSize(shards), key: [randomInt(2 ** 32), randomInt(2 ** 32)] }),
    owners: new SharedArrayBuffer(OWNER_TABLE_BYTES),
    services: new SharedArrayBuffer(SERVICE_TABLE_BYTES),
  };
}
