import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openSpool, openSpoolFiles, type Spool, systemClock } from '@connscan/agent/spool';
import { type BatchKind, decodeLosses } from '@connscan/wire';
import type { Outcome, ScenarioOptions } from '../scenario.ts';
import { makeTemporaryDirectory } from '../temporary-directory.ts';
import { idOf, payloadOf } from './batch-id.ts';
import { createTally } from './tally.ts';

const HOUR_MS = 3_600_000;
const OFFLINE_MS = 72 * HOUR_MS;

/** Nearly two bounds full of sightings come in that time: one batch in so many milliseconds, one of so many is a detection. */
const FULL_RUN = { everyMs: 5000, maxBytes: 256 * 2 ** 20, outages: 3 };
const QUICK_RUN = { everyMs: 600_000, maxBytes: 2 ** 21, outages: 1 };
const DETECTION_ONE_IN = 20;
const MAX_PAYLOAD_BYTES = { DETECTIONS: 2000, SIGHTINGS: 18_000 } as const;

/** Appends under way at most, and batches sent before they are acknowledged. */
const WINDOW = 32;

type OfflineOutcome = Outcome & {
  /** Of what was promised, given up by the rule for a full spool, oldest sightings first. */
  readonly givenUp: number;
};

/**
 * An aggregator that is away for three days, told by a clock that runs as fast as the disk takes what comes: the spool fills
 * to its bound and beyond, is closed and opened, and is drained while new batches come. Throws if a detection was given
 * up, if anything comes out of its order, or if a count is not exact.
 */
export async function stayOffline({ quick, random, say }: ScenarioOptions): Promise<OfflineOutcome> {
  const { everyMs, maxBytes, outages } = quick ? QUICK_RUN : FULL_RUN;
  await using temporary = await makeTemporaryDirectory();
  const tally = createTally();
  let nowMs = Date.now();
  let ids = 0;
  const open = (directory: string): Promise<Spool> =>
    openSpool({
      files: openSpoolFiles(join(temporary.path, directory)),
      clock: { ...systemClock, wallTimeMs: () => nowMs },
      logger: { info() {}, warn() {}, error() {} },
      randomUUID,
      maxBytes,
    });

  async function append(spool: Spool, kind: keyof typeof MAX_PAYLOAD_BYTES): Promise<number | undefined> {
    const id = ids++;
    const seq = await spool.append(kind, payloadOf(id, random(MAX_PAYLOAD_BYTES[kind])));
    if (seq !== undefined) tally.durable(spool.epoch, seq, id);
    return seq;
  }

  /** Returns the numbers of detections. */
  async function fill(directory: string): Promise<Set<number>> {
    const spool = await open(directory);
    const detections = new Set<number>();
    const underWay = new Set<Promise<void>>();
    const startMs = nowMs;
    for (; nowMs < startMs + OFFLINE_MS; nowMs += everyMs) {
      const kind = nowMs === startMs || random(DETECTION_ONE_IN) === 0 ? 'DETECTIONS' : 'SIGHTINGS';
      const done = append(spool, kind).then((seq) => {
        underWay.delete(done);
        if (kind === 'DETECTIONS' && seq !== undefined) detections.add(seq);
      });
      underWay.add(done);
      if (underWay.size >= WINDOW) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    const { oldestAgeMs, lostFull, durable } = spool.health();
    if (!durable || lostFull === 0) throw new Error('the spool did not become full');
    if (oldestAgeMs !== OFFLINE_MS) throw new Error(`the oldest batch is of ${oldestAgeMs / HOUR_MS} h ago, not of 72`);
    await spool.close();
    return detections;
  }

  async function drain(directory: string, detections: ReadonlySet<number>): Promise<void> {
    const spool = await open(directory);
    const { epoch } = spool;
    const reader = spool.openReader();
    const last: Record<BatchKind, number> = { LOSS: 0, DETECTIONS: 0, SIGHTINGS: 0 };
    let unacknowledged: number[] = [];
    const received = new Set<number>();
    let told = 0;

    /** Undefined if there is nothing now. */
    async function receive(): Promise<{ readonly kind: BatchKind; readonly seq: number } | undefined> {
      const batch = await reader.next();
      if (!batch) return undefined;
      const { kind, seq, payload } = batch;
      if (kind === 'LOSS') {
        const losses = decodeLosses(payload);
        tally.loss(epoch, seq, losses);
        told += losses.reduce((sum, { batches }) => sum + batches, 0);
      } else {
        tally.sent(epoch, seq, idOf(payload));
      }
      received.add(seq);
      unacknowledged.push(seq);
      if (unacknowledged.length >= WINDOW) acknowledge();
      return batch;
    }

    function acknowledge(): void {
      spool.acknowledge(unacknowledged);
      unacknowledged = [];
    }

    while (spool.waiting() > 0) {
      for (let i = 0; i < WINDOW; i++) {
        const batch = await receive();
        if (!batch) break;
        if (batch.kind !== 'LOSS' && batch.seq <= last[batch.kind]) throw new Error(`${batch.seq} is out of its order`);
        last[batch.kind] = batch.seq;
      }
      acknowledge();
      if (spool.waiting() === 0) break;
      // What is new goes ahead of the backlog, detections first.
      const fresh = [await append(spool, 'SIGHTINGS'), await append(spool, 'DETECTIONS')].reverse();
      for (const seq of fresh) {
        let batch = await receive();
        while (batch?.kind === 'LOSS') batch = await receive();
        if (batch?.seq !== seq) throw new Error(`${batch?.seq} came before ${seq}, which is new`);
      }
      nowMs += everyMs;
    }
    reader.close();
    const { appended, acknowledged, lostFull, lostDamage } = spool.health();
    // The ranges of a loss may be wider than what was lost, the counts are exact.
    if (lostDamage > 0 || told !== lostFull || acknowledged !== received.size || appended !== received.size + told) {
      const counts = JSON.stringify(spool.health());
      throw new Error(`counts are not exact: ${counts}, ${told} told as lost, ${received.size} received`);
    }
    const givenUp = detections.difference(received).size;
    if (givenUp > 0) throw new Error(`${givenUp} detections were given up`);
    tally.through(epoch, appended);
    await spool.close();
  }

  for (let outage = 1; outage <= outages; outage++) {
    const directory = `spool-${outage}`;
    const detections = await fill(directory);
    say(`three days are over, ${outage} of ${outages} times`);
    await drain(directory, detections);
    say(`all is drained, ${outage} of ${outages} times`);
  }
  return tally.outcome(outages);
}
