import {
  createSameVisit,
  createShard,
  type Detector,
  detectionOfAlert,
  type Habit,
  openDetector,
  type ShardSize,
} from '@connscan/detector';
import {
  createAddressSet,
  DETECTION_MODELS,
  type Detection,
  type DetectionModel,
  modelPolicy,
  outcomeCode,
  type Policy,
  type Sighting,
  writeAddress,
} from '@connscan/model';
import { createSourceQuota } from './source-quota.ts';

/** The detectors of all models at work, over what all sensors tell. It knows times as it is told them, and no store. */
export type FleetDetector = {
  /** Takes what one agent told, in whatever order and however often; `nowMs` is when it was heard. */
  observe(agentId: string, sightings: readonly CountedSighting[], nowMs: number): void;
  /** Moves time; an earlier one than the last changes nothing. */
  advance(nowMs: number): void;
  /** Moves time behind that of a sighting of the past; false if there are alerts to take before it goes on. */
  moveTo(atMs: number): boolean;
  /** The alerts raised since the last call, those of one episode in their order. */
  takeAlerts(): Detection[];
  /** From now on this policy rules. A model that is switched off sees nothing more, and its detections come to their end. */
  usePolicy(effective: EffectiveFleetPolicy): void;
  counts(): FleetCounts;
  /** Every service that is habitual, of all models. Walks the tables. */
  habits(): Habit[];
  /** Sightings of this agent that were not looked at, as it told of too many sources. */
  uncorrelatedOf(agentId: string): number;
};

/** What counts of a sighting: its last time. Of its connections, each but the last was told before or is the same visit. */
export type CountedSighting = Pick<Sighting, 'source' | 'destination' | 'port' | 'outcome' | 'lastSeenMs'>;

export type EffectiveFleetPolicy = { readonly policy: Policy; readonly hash: string };

export type FleetCounts = {
  readonly observed: number;
  /** Told by another sensor before. */
  readonly repeated: number;
  /** Beyond their sensor's quota of sources. */
  readonly uncorrelated: number;
  /** Older than the rollup period when they came. */
  readonly late: number;
  /** In the tables now, of all models together. */
  readonly sources: number;
  readonly services: number;
  readonly episodes: number;
  readonly evictedSources: number;
  readonly evictedServices: number;
};

/**
 * Four times an agent's, for each model at work: 128 MiB, of which those pages are in memory that were ever in use. An agent
 * that fills its quota of sources has a thirty-second of them.
 */
const FLEET_SIZE: ShardSize = { sources: 262_144, services: 2_720_000, episodes: 8192 };

/** Where a sighting's time is further in the future than this, in milliseconds, its clock is wrong: its source must not live there. */
const AHEAD_MS = 10_000;

export type FleetDetectorOptions = {
  readonly effective: EffectiveFleetPolicy;
  /** Two secret random words, so that nobody can choose addresses that collide. */
  readonly key: readonly [number, number];
  /** From when the warm-up counts. */
  readonly startedMs: number;
  readonly size?: ShardSize;
};

type Running = { readonly model: DetectionModel; readonly detector: Detector; isFed: boolean };

export function createFleetDetector({
  effective,
  key,
  startedMs,
  size = FLEET_SIZE,
}: FleetDetectorOptions): FleetDetector {
  let { policy, hash } = effective;
  let internal = createAddressSet(policy.internalCidrs);
  const running: Running[] = [];
  const sameVisit = createSameVisit({ key });
  const quota = createSourceQuota();
  const sensors = new Map<string, number>();
  const words = new Int32Array(8);
  const bytes = new Uint8Array(words.buffer);
  let observed = 0;
  let repeated = 0;
  useModels();

  function useModels(): void {
    for (const model of DETECTION_MODELS) {
      const isFed = policy.models[model.name].enabled;
      const settings = modelPolicy(policy, model.name);
      const known = running.find((one) => one.model === model);
      if (known) {
        known.isFed = isFed;
        known.detector.usePolicy(settings);
      } else if (isFed) {
        const shard = createShard({ ...size, key, startedMs });
        running.push({ model, isFed, detector: openDetector(shard, settings, { tellsSightings: false }) });
      }
    }
  }

  function sensorOf(agentId: string): number {
    const known = sensors.get(agentId);
    if (known !== undefined) return known;
    sensors.set(agentId, sensors.size + 1);
    return sensors.size;
  }

  return {
    observe(agentId, sightings, nowMs) {
      const sensor = sensorOf(agentId);
      observed += sightings.length;
      for (const { source, destination, port, outcome, lastSeenMs } of sightings) {
        if (!quota.admits(agentId, source, nowMs)) continue;
        writeAddress(source, bytes, 0);
        writeAddress(destination, bytes, 16);
        const atMs = Math.min(lastSeenMs, nowMs + AHEAD_MS);
        const code = outcomeCode(outcome);
        if (sameVisit.isRepeated(words, 0, 4, port, code, atMs, sensor)) {
          repeated++;
          continue;
        }
        const from = internal.has(words, 0) ? 'internal' : 'external';
        const to = internal.has(words, 4) ? 'internal' : 'external';
        for (const { model, isFed, detector } of running) {
          if (isFed && model.from === from && model.to === to) detector.add(words, 0, 4, port, code, atMs);
        }
      }
      for (const { detector } of running) detector.flush();
    },
    advance(nowMs) {
      for (const { detector } of running) detector.advance(nowMs);
    },
    moveTo: (atMs) => running.every(({ detector }) => detector.moveTo(atMs)),
    takeAlerts() {
      return running.flatMap(({ model, detector }) => {
        if (detector.pendingAlerts() === 0) return [];
        const context = { origin: 'fleet', model, policyHash: hash, wallOffsetMs: 0 };
        return detector.takeAlerts().map((alert) => detectionOfAlert(alert, context));
      });
    },
    usePolicy(next) {
      ({ policy, hash } = next);
      internal = createAddressSet(policy.internalCidrs);
      useModels();
    },
    counts() {
      const all = running.map(({ detector }) => detector.counters());
      const sum = (of: (counters: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
      return {
        observed,
        repeated,
        uncorrelated: quota.refused(),
        late: sum(({ late }) => late),
        sources: sum(({ sources }) => sources),
        services: sum(({ services }) => services),
        episodes: sum(({ episodes }) => episodes),
        evictedSources: sum(({ evictedSources }) => evictedSources),
        evictedServices: sum(({ evictedServices }) => evictedServices),
      };
    },
    habits: () => running.flatMap(({ detector }) => detector.habits()),
    uncorrelatedOf: quota.refusedOf,
  };
}
