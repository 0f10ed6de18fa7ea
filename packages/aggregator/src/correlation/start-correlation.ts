import { randomBytes } from 'node:crypto';
import type { Habit } from '@connscan/detector';
import type { Detection, Sighting } from '@connscan/model';
import type { Logger } from '@connscan/program';
import type { LiveDetections } from '../live/live-detections.ts';
import type { Policies } from '../policy/create-policies.ts';
import type { Database, DetectionRow } from '../store/schema.ts';
import { createClaimWriter } from './create-claim-writer.ts';
import type { FleetCounts } from './create-fleet-detector.ts';
import { createSensorWatch } from './create-sensor-watch.ts';
import { type Rebuilt, rebuildDetector } from './rebuild-detector.ts';

/** The aggregator's own detection of scans, over what all agents see. */
export type Correlation = {
  /** Takes sightings of an agent, and tells what was detected by them; due right after their commit. */
  observe(agentId: string, sightings: readonly Sighting[]): void;
  /** Takes detections that others told, after their commit. */
  told(detections: readonly DetectionRow[]): void;
  counts(): FleetCounts;
  /** What it takes for habitual, of all that agents see. */
  habits(): Habit[];
  /** Sightings of this agent since the start that were not looked at, as it told of too many sources. */
  uncorrelatedOf(agentId: string): number;
  /** Commits what was detected, and ends. */
  stop(): Promise<void>;
};

/** How often time moves, sensors are looked up, and what the store did not take is tried again, in milliseconds. */
const TICK_MS = 1000;

/**
 * How far time stays behind the clock, in milliseconds: sightings are gathered for a second, and clocks differ. Without it a
 * beat would seem to be missed, and so it would where an aggregator that starts does not wait until all agents are back, a
 * minute at most.
 */
const LAG_MS = 10_000;
const RETURN_MS = 60_000;

/** A clock that was set back by more than this has had the detectors live in the future: they are built anew. */
const SET_BACK_MS = 60_000;

export type CorrelationOptions = {
  readonly db: Database;
  readonly hold: () => Promise<void>;
  readonly policies: Pick<Policies, 'fleetPolicy' | 'onChange'>;
  readonly live: Pick<LiveDetections, 'publish'>;
  readonly wallMs: () => number;
  readonly log: Logger;
};

/** Rebuilds from the history, tells what that found untold, and goes on until `stop`. */
export async function startCorrelation({
  db,
  hold,
  policies,
  live,
  wallMs,
  log,
}: CorrelationOptions): Promise<Correlation> {
  const startedMs = wallMs();
  const sensors = createSensorWatch(db);
  const writer = createClaimWriter({
    db,
    hold,
    onCommitted(detections) {
      sensors.told(detections);
      live.publish(detections);
    },
    onFailed: (error) => log.error({ err: error }, 'the store failed: detections of the fleet wait'),
  });
  const fail = (error: unknown) => log.error({ err: error }, 'the store failed');
  const open = ['id', 'source', 'source_prefix_bits', 'ended'] as const;
  sensors.told(await db.selectFrom('detections').select(open).where('ended', 'is', null).execute());
  let built = await build();
  writer.add(built.untold);
  let latestMs = startedMs;
  let busy: Promise<void> | undefined;
  /** Sightings that come while the detectors are built, which may have read past their place. */
  let meanwhile: (readonly [agentId: string, sightings: readonly Sighting[]])[] | undefined;
  const stopListening = policies.onChange(() => void takePolicy().catch(fail));
  const timer = setInterval(() => {
    busy ??= tick()
      .catch(fail)
      .finally(() => {
        busy = undefined;
      });
  }, TICK_MS);

  async function build(): Promise<Rebuilt> {
    const nowMs = wallMs();
    const key = [randomBytes(4).readInt32LE(), randomBytes(4).readInt32LE()] as const;
    const rebuilt = await rebuildDetector({ db, effective: await policies.fleetPolicy(), key, nowMs });
    log.info({ sightings: rebuilt.rows, ms: wallMs() - nowMs }, 'correlation knows the history');
    return rebuilt;
  }

  async function buildAnew(): Promise<void> {
    meanwhile = [];
    try {
      built = await build();
      writer.add(built.untold);
      for (const [agentId, sightings] of meanwhile) built.detector.observe(agentId, sightings, wallMs());
    } finally {
      meanwhile = undefined;
    }
  }

  async function takePolicy(): Promise<void> {
    built.detector.usePolicy(await policies.fleetPolicy());
    tell();
  }

  function tell(): void {
    writer.add(built.detector.takeAlerts().map(nameOf));
  }

  function nameOf(alert: Detection): Detection {
    return built.names.told(alert);
  }

  async function tick(): Promise<void> {
    const nowMs = wallMs();
    if (nowMs < latestMs - SET_BACK_MS) {
      log.warn('the clock was set back: correlation begins anew from the history');
      await buildAnew();
    } else if (nowMs - startedMs >= RETURN_MS) built.detector.advance(nowMs - LAG_MS);
    latestMs = nowMs;
    tell();
    writer.retry();
    await sensors.save();
  }

  return {
    observe(agentId, sightings) {
      if (sightings.length === 0) return;
      meanwhile?.push([agentId, sightings]);
      built.detector.observe(agentId, sightings, wallMs());
      sensors.seen(sightings);
      tell();
    },
    told: sensors.told,
    counts: () => built.detector.counts(),
    habits: () => built.detector.habits(),
    uncorrelatedOf: (agentId) => built.detector.uncorrelatedOf(agentId),
    async stop() {
      clearInterval(timer);
      stopListening();
      await busy;
      writer.retry();
      await writer.settled();
    },
  };
}
