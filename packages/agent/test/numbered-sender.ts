/**
 * Half of an agent, to be killed: its spool and its uplink, with numbered sightings in place of those of a probe. Prints
 * `FIRST LAST` once the rows with those numbers are on disk. Argument: JSON of `SenderOptions`. SIGTERM: no further rows; it ends
 * when everything is acknowledged.
 */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { hostname, release } from 'node:os';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { bootTimeMs } from '@connscan/probe';
import { createLogger } from '@connscan/program';
import { createUplinkClient, encodeSightings } from '@connscan/wire';
import { credentials } from '@grpc/grpc-js';
import { openSpool } from '../src/spool/open-spool.ts';
import { openSpoolFiles } from '../src/spool/spool-files.ts';
import { sumCounters } from '../src/sum-counters.ts';
import { systemClock } from '../src/system-clock.ts';
import { createUplink } from '../src/uplink.ts';

export type SenderOptions = {
  readonly directory: string;
  readonly aggregator: string;
  readonly agentId: string;
  /** The first number that was never used. */
  readonly from: number;
};

/** Batches of up to so many rows, so many milliseconds apart. */
const MAX_ROWS = 20;
const PAUSE_MS = 10;

const { directory, aggregator, agentId, from } = JSON.parse(process.argv[2]!) as SenderOptions;
const logger = createLogger('sender');
logger.level = 'silent';

/** Number n is the service n of one source; tools/faults/src/fleet/numbered-rows.ts reads it back. */
function rowOf(number: number) {
  const host = Math.floor(number / 60_000);
  const ms = Date.now();
  return {
    source: '10.1.0.1',
    destination: `10.9.${host >> 8}.${host & 255}`,
    port: 1 + (number % 60_000),
    outcome: 'reset',
    firstSeenMs: ms,
    lastSeenMs: ms,
    connections: 1,
  } as const;
}

const spool = await openSpool({
  files: openSpoolFiles(directory),
  clock: systemClock,
  logger,
  randomUUID,
});
const counters = { seen: 0, submitted: 0, reserveFailed: 0, recursionMisses: 0, filtered: {}, processed: 0 };
const resources = { rssBytes: 0, heapBytes: 0, cpuUs: 0, shedSnapshots: 0 };
const detector = { unknownOriginators: 0, workerDeaths: 0, snapshotsRefused: 0, ...sumCounters([]) };
const uplink = createUplink({
  connect: () =>
    createUplinkClient(aggregator, credentials.createInsecure(), {
      // A refused connection is tried again at once, as the sender will not live long.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 100,
    }),
  hello: () => ({
    agentId,
    epoch: spool.epoch,
    version: '0',
    hostname: hostname(),
    kernel: release(),
    instance: randomUUID(),
    bootId: '',
    policyHash: '',
    policyVersion: 0,
    addresses: [],
  }),
  spool,
  health: () => ({
    ...counters,
    detector,
    resources,
    canary: { sent: 0, seen: 0 },
    clockAheadMs: 0,
    spool: spool.health(),
  }),
  policyState: () => ({ version: 0, hash: '', progress: 'APPLIED', notes: [] }),
  takePolicy: () => {},
  takeTime: () => {},
  bootTimeMs,
  random: Math.random,
  wallTimeMs: Date.now,
  logger,
});
uplink.start();

let ending = false;
process.on('SIGTERM', () => {
  ending = true;
});
let number = from;
while (!ending) {
  const rows = Array.from({ length: 1 + Math.floor(Math.random() * MAX_ROWS) }, () => rowOf(number++));
  const last = number - 1;
  void spool.append('SIGHTINGS', encodeSightings(rows)).then(() => {
    // All of the batch, by its last: written at once, so that a kill takes no promise back.
    if (spool.health().durable) writeSync(1, `${last - rows.length + 1} ${last}\n`);
  });
  await delay(PAUSE_MS);
}
const left = await uplink.stop(600_000);
await spool.close();
process.exitCode = left === 0 ? 0 : 1;
