import { randomInt, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces, release } from 'node:os';
import { join } from 'node:path';
import { createShard, divideSize, restoreShard, shardBytes } from '@connscan/detector';
import type { ModelName } from '@connscan/model';
import { bootTimeMs, type Probe, watchRing } from '@connscan/probe';
import { type Daemon, type Logger, openDataDirectory, type SocketAddress } from '@connscan/program';
import type { AgentConfig } from './agent-config.ts';
import { createCanary } from './canary/create-canary.ts';
import { createDrainLoop } from './drain-loop.ts';
import { createDrainPool } from './drain-pool.ts';
import type { DrainWorkerData } from './drain-task.ts';
import { createFirstWork, recordsAlike } from './drain-work.ts';
import { createEvidence } from './evidence.ts';
import { createFleetClock } from './fleet-clock.ts';
import { healthOf } from './health-of.ts';
import { hostAddresses, watchesOwnNetns } from './host-addresses.ts';
import { openIdentity } from './identity/open-identity.ts';
import { type NetnsScope, takeScope } from './netns-scope.ts';
import { createPolicyApplier } from './policy/create-policy-applier.ts';
import { createPolicyFollower } from './policy/create-policy-follower.ts';
import { setProbePolicy } from './policy/set-probe-policy.ts';
import { HOST_FILES } from './process/host-files.ts';
import { createResourceGuard } from './resources/create-resource-guard.ts';
import { PROCESS_USAGE } from './resources/process-usage.ts';
import { createSnapshotFiles, type SnapshotFiles } from './snapshot-files.ts';
import { openSpool } from './spool/open-spool.ts';
import { openSpoolFiles } from './spool/spool-files.ts';
import type { AgentStatus } from './status/agent-status.ts';
import { startStatusServer } from './status/start-status-server.ts';
import { sumCounters } from './sum-counters.ts';
import { systemClock } from './system-clock.ts';
import { createUplink } from './uplink.ts';
import { VERSION } from './version.ts';

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
  /** Without TLS and identity, for an aggregator on loopback. */
  readonly insecure: boolean;
  /** Where metrics are served beside the socket in the data directory. */
  readonly metrics: SocketAddress | undefined;
  readonly logger: Logger;
};

/**
 * Starts an agent around a probe that sees already; it needs no privilege. `stop` takes its parts down from the source to
 * the sink: the probe is detached, the rings are read to their end, the tables are kept on disk, and what is not acknowledged in time waits there for the next start. Throws
 * SCOPE_IN_USE, DATA_DIRECTORY_*, IDENTITY_UNUSABLE and ADDRESS_UNUSABLE.
 */
export async function startAgent(options: AgentOptions): Promise<Daemon> {
  const { probe, scope, config, data, aggregator, insecure, metrics, logger } = options;
  const startedMs = Date.now();
  await using starting = new AsyncDisposableStack();
  starting.defer(() => probe.close());
  starting.adopt(await takeScope(scope), (lock) => lock.release());
  const directory = starting.adopt(await openDataDirectory(data), (opened) => opened.close());
  const identity = starting.adopt(
    await openIdentity({ data: directory.path, aggregator, insecure, wallTimeMs: Date.now, logger }),
    (opened) => opened.stop(),
  );
  const { agentId } = identity;
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  for (const part of probe.unavailable) logger.warn(part, 'this kernel does not take a part of the probe');

  const policies = await createPolicyFollower({
    directory: directory.path,
    config: config.policy,
    apply: (policy) => applyPolicy(policy),
    logger,
  });
  const { policy } = policies.current();
  // It was loaded for the policy of the config file.
  setProbePolicy(probe, policy);
  const shards = probe.rings.length;
  const snapshots = createSnapshotFiles({ directory: directory.path, bootId, shards, logger });
  const createTables = (model: ModelName, shard: number) => restoreTables(snapshots, model, shard, shards);
  const workOptions = { shards, idScope: `${agentId} ${bootId}`, createTables };
  const work = await createFirstWork(policy, !recordsAlike(config.policy, policy), workOptions);
  const pool = starting.adopt(
    createDrainPool({
      worker: new URL('./drain-worker.ts', import.meta.url),
      work,
      workerData: { rings: probe.rings, processes: probe.processes } satisfies Omit<DrainWorkerData, 'work'>,
    }),
    (started) => started.close(),
  );
  const rings = probe.rings.map((ring) => starting.adopt(watchRing(ring), (watch) => watch.close()));
  const fleetClock = createFleetClock({ bootTimeMs, wallTimeMs: Date.now, logger });
  const clock = { bootTimeMs, wallTimeMs: fleetClock.wallTimeMs };
  const spool = starting.adopt(
    await openSpool({
      files: openSpoolFiles(join(directory.path, 'spool')),
      maxBytes: config.spoolMiB * 2 ** 20,
      clock: systemClock,
      logger,
      randomUUID,
    }),
    (opened) => opened.close(),
  );
  const guard = createResourceGuard({ ...PROCESS_USAGE, boundBytes: config.memoryMiB * 2 ** 20, logger });
  const evidence = createEvidence({
    host: HOST_FILES,
    redact: config.redactArguments,
    maySnapshot: () => guard.allows('snapshots'),
    spool,
    ...clock,
    logger,
  });
  const loop = createDrainLoop({
    readers: rings,
    runTask: pool.drain,
    copyTables: pool.copyTables,
    async writeTables(shard, copies) {
      for (const { model, tables } of copies) {
        await snapshots.write(model, shard, tables);
        // Freed at once: an idle thread would keep up to 15 MiB until it has garbage enough to collect.
        (tables.buffer as ArrayBuffer).transfer(0);
      }
    },
    mayTakeSightings: () => guard.allows('sightings'),
    spool,
    evidence,
    ...clock,
    logger,
  });
  const applyPolicy = createPolicyApplier({ probe, pool, loop, work, options: workOptions });
  const detectorHealth = () => ({
    unknownOriginators: loop.unknownOriginators(),
    workerDeaths: loop.workerDeaths(),
    snapshotsRefused: snapshots.refused(),
    ...sumCounters(loop.counters()),
  });
  const canary = createCanary({ counters: () => probe.counters(), logger });
  const health = () => ({
    ...healthOf(probe.counters(), loop.processed(), detectorHealth()),
    spool: spool.health(),
    resources: guard.health(),
    canary: canary.health(),
    clockAheadMs: Math.round(fleetClock.aheadMs()),
  });
  const instance = randomUUID();
  const ownNetns = watchesOwnNetns(scope);
  const uplink = createUplink({
    connect: identity.connect,
    hello: () => ({
      agentId,
      epoch: spool.epoch,
      version: VERSION,
      hostname: hostname(),
      kernel: release(),
      instance,
      bootId,
      policyHash: policies.current().hash,
      policyVersion: policies.current().version,
      addresses: ownNetns ? hostAddresses(networkInterfaces()) : [],
    }),
    spool,
    health,
    policyState: policies.state,
    takePolicy: (message, tell) => void policies.receive(message, tell),
    takeTime: fleetClock.told,
    bootTimeMs,
    random: Math.random,
    wallTimeMs: Date.now,
    logger,
  });

  uplink.start();
  starting.defer(async () => {
    const left = await uplink.stop(LAST_ACKS_MS);
    if (left > 0) logger.warn({ batches: left }, 'these batches wait in the spool for the next start');
    logger.info(health(), 'stopped');
  });
  starting.defer(() => evidence.settled());
  await loop.start();
  starting.defer(() => loop.stop());
  starting.defer(() => probe.detach());
  await canary.start();
  starting.defer(() => canary.stop());
  guard.start();
  starting.defer(() => guard.stop());
  const snapshot = (): AgentStatus => {
    const kept = identity.status();
    const certificate = 'expiresMs' in kept ? kept : undefined;
    return {
      agentId,
      version: VERSION,
      pid: process.pid,
      startedMs,
      session: uplink.status(),
      policy: policies.state(),
      certificate,
      unavailable: probe.unavailable,
      canaryMissed: canary.missed(),
      shedding: guard.shedding(),
      health: health(),
    };
  };
  starting.adopt(
    await startStatusServer({ directory: directory.path, metrics, wallTimeMs: Date.now, snapshot }),
    (server) => server.close(),
  );

  const running = starting.move();
  return { stop: () => running.disposeAsync() };
}

/** The tables of one model and shard: those of the last snapshot, or empty ones. Each model has the default size to itself. */
async function restoreTables(
  snapshots: SnapshotFiles,
  model: ModelName,
  shard: number,
  shards: number,
): Promise<WebAssembly.Memory> {
  const size = divideSize(shards);
  const restored = await snapshots.read(model, shard, shardBytes(size), (tables) => restoreShard(tables, size));
  return restored ?? createShard({ ...size, key: [randomInt(2 ** 32), randomInt(2 ** 32)], startedMs: bootTimeMs() });
}
