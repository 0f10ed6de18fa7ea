import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism, hostname, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createShard, divideSize } from '@connscan/detector';
import { parseCidr } from '@connscan/model';
import { bootTimeMs, mapRing, openProbe } from '@connscan/probe';
import { type Daemon, type Logger, openDataDirectory } from '@connscan/program';
import { createUplinkClient } from '@connscan/wire';
import { credentials } from '@grpc/grpc-js';
import { Piscina } from 'piscina';
import type { AgentConfig } from './agent-config.ts';
import { readAgentId } from './agent-id.ts';
import { createDrainLoop } from './drain-loop.ts';
import type { DrainResult, DrainTask, DrainWorkerData } from './drain-task.ts';
import { healthOf } from './health-of.ts';
import { createQueue } from './queue.ts';
import { createUplink } from './uplink.ts';
import { VERSION } from './version.ts';

/** Payload bytes that wait for the aggregator at most: a day of quiet, an hour of a scanned network. */
const QUEUE_BYTES = 32 * 2 ** 20;

/** Heap of a drain worker, in MiB. Its tables and rings are outside of the heap; 12 MiB are used after a million records. */
const WORKER_HEAP_MIB = 64;

/** What a stopping agent gives the aggregator to acknowledge the rest, in milliseconds. */
const LAST_ACKS_MS = 5000;

export type AgentOptions = {
  readonly config: AgentConfig;
  readonly data: string;
  /** HOST:PORT of the aggregator's gRPC port. */
  readonly aggregator: string;
  readonly logger: Logger;
};

/**
 * Starts an agent. `stop` takes its parts down from the source to the sink: the probe is detached, the rings are read to
 * their end, the queue waits for its acknowledgements. Throws PROBE_REFUSED and DATA_DIRECTORY_*.
 */
export async function startAgent({ config, data, aggregator, logger }: AgentOptions): Promise<Daemon> {
  await using starting = new AsyncDisposableStack();
  const directory = starting.adopt(await openDataDirectory(data), (opened) => opened.close());
  const agentId = await readAgentId(directory.path);
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const shards = config.shards ?? Math.min(8, availableParallelism());
  const { policy } = config;

  const probe = starting.adopt(
    openProbe({
      shards,
      internalCidrs: policy.internalCidrs.map((cidr) => parseCidr(cidr)!),
      maxOriginatorBytes: policy.maxOriginatorBytes,
      maxLifetimeSeconds: policy.maxLifetimeSeconds,
      random: randomBytes,
    }),
    (opened) => opened.close(),
  );
  const pool = starting.adopt(
    new Piscina<DrainTask, DrainResult>({
      filename: fileURLToPath(new URL('./drain-worker.ts', import.meta.url)),
      name: 'drain',
      minThreads: shards,
      maxThreads: shards,
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB },
      workerData: {
        rings: probe.rings,
        tables: probe.rings.map(() =>
          createShard({ ...divideSize(shards), key: [randomInt(2 ** 32), randomInt(2 ** 32)] }),
        ),
        policy,
        idScope: `${agentId} ${bootId}`,
      } satisfies DrainWorkerData,
    }),
    (started) => started.destroy(),
  );
  const rings = probe.rings.map((ring) => starting.adopt(mapRing(ring), (mapped) => mapped.close()));
  const queue = createQueue(QUEUE_BYTES);
  const loop = createDrainLoop({
    readers: rings.map(({ reader }) => reader),
    runTask: (task) => pool.run(task),
    queue,
    bootTimeMs,
    wallTimeMs: Date.now,
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
    if (left > 0)
      logger.error({ batches: left }, 'the aggregator did not acknowledge these batches in time; they are lost');
    logger.info(health(), 'stopped');
  });
  await loop.start();
  starting.defer(() => loop.stop());
  starting.defer(() => probe.detach());

  const running = starting.move();
  return { stop: () => running.disposeAsync() };
}
