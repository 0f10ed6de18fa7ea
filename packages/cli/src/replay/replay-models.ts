import { createShard, DEFAULT_SIZE, type Detector, openDetector } from '@connscan/detector';
import { createAddressSet, type Detection, enabledModels, type Policy, policyHash, type Side } from '@connscan/model';
import { detectionOfAlert } from './detection-of-alert.ts';
import { createOpenDetections } from './open-detections.ts';
import { CONNECTION, SKIP, type Verdict } from './verdict.ts';

/** Time before the first connection, in the detector's clock, which cannot go below 0: later lines may have ended before. */
const BEFORE_MS = 86_400_000;

/** How often time moves while connections come, in their own time. */
const STEP_MS = 1000;

/** Sightings taken at once. */
const SIGHTINGS = 1024;

/** Through a gap it moves in steps of this share of the gap so far: a year takes 900 of them. */
const GAP_SHARE = 64;

/** Detectors of all models at work, driven by the time of the connections that they are shown. */
export type ModelReplay = {
  /** One connection, in whatever order within the rollup period; the arguments are those of `Detector.observe`. */
  observe(
    words: ArrayLike<number>,
    source: number,
    destination: number,
    port: number,
    outcome: number,
    atMs: number,
  ): Verdict;
  /** The last connection was shown: what is open then stays open, as nobody knows what came after it. */
  end(): void;
  counts(): ModelCounts;
};

export type ModelCounts = {
  /** In the tables now. */
  readonly sources: number;
  readonly evictedSources: number;
  readonly evictedServices: number;
  /** Connections that ended a rollup period before others shown before them. */
  readonly late: number;
  /** Of an address with itself, or that the detector refused. */
  readonly ignored: number;
  readonly tableBytes: number;
};

export type ModelReplayOptions = {
  readonly policy: Policy;
  /** Secret of the hash tables; it changes no detection unless a table is full. */
  readonly key: readonly [number, number];
  /** Told once of each, when it ended or the replay did. */
  readonly onDetection: (detection: Detection) => void;
};

type RunningModel = { readonly sides: number; readonly detector: Detector; take(): void };

export function createModelReplay({ policy, key, onDetection }: ModelReplayOptions): ModelReplay {
  const internal = createAddressSet(policy.internalCidrs);
  const open = createOpenDetections();
  let models: readonly RunningModel[] = [];
  let tableBytes = 0;
  /** What makes wall-clock time of the detector's. */
  let wallOffsetMs = 0;
  /** Where the detectors stand, and the latest end of a connection. */
  let clockMs = 0;
  let latestMs = 0;

  function begin(atMs: number): void {
    wallOffsetMs = Math.floor(atMs) - BEFORE_MS;
    clockMs = BEFORE_MS;
    models = enabledModels(policy).map((settings) => {
      const buffer = createShard({ ...DEFAULT_SIZE, key, startedMs: clockMs });
      tableBytes += buffer.byteLength;
      const detector = openDetector(buffer, settings);
      const { model } = settings;
      const context = { model, policyHash: policyHash(policy), wallOffsetMs };
      return {
        sides: sidesOf(model.from === INTERNAL, model.to === INTERNAL),
        detector,
        take() {
          for (const alert of detector.takeAlerts()) {
            const ended = open.add(detectionOfAlert(alert, context));
            if (ended) onDetection(ended);
          }
        },
      };
    });
  }

  /** Small steps, so that what depends on time, such as a confirmation, happens at its time in a gap too. */
  function moveTo(nowMs: number): void {
    const gapFromMs = clockMs;
    while (clockMs < nowMs) {
      clockMs = Math.min(nowMs, clockMs + Math.max(STEP_MS, Math.floor((clockMs - gapFromMs) / GAP_SHARE)));
      advance();
    }
  }

  function advance(): void {
    for (const { detector, take } of models) {
      detector.advance(clockMs, wallOffsetMs);
      if (detector.pendingAlerts() > 0) take();
      // What is untold keeps its place in the tables.
      while (detector.takeSightings(SIGHTINGS).length === SIGHTINGS);
    }
  }

  return {
    observe(words, source, destination, port, outcome, atMs) {
      if (models.length === 0) begin(atMs);
      // What ended long before the first one is late, however long.
      const detectorMs = Math.max(0, atMs - wallOffsetMs);
      if (detectorMs > latestMs) latestMs = detectorMs;
      if (detectorMs >= clockMs + STEP_MS) moveTo(clockMs + Math.floor((detectorMs - clockMs) / STEP_MS) * STEP_MS);
      const sides = sidesOf(internal.has(words, source), internal.has(words, destination));
      let verdict: Verdict = SKIP.OUTSIDE;
      for (const model of models) {
        if (model.sides !== sides) continue;
        model.detector.observe(words, source, destination, port, outcome, detectorMs);
        verdict = CONNECTION;
      }
      return verdict;
    },
    end() {
      clockMs = Math.max(clockMs, Math.floor(latestMs));
      advance();
      for (const detection of open.rest()) onDetection(detection);
    },
    counts() {
      const counters = models.map(({ detector }) => detector.counters());
      const sum = (count: (of: (typeof counters)[number]) => number) =>
        counters.reduce((all, of) => all + count(of), 0);
      return {
        sources: sum(({ sources }) => sources),
        evictedSources: sum(({ evictedSources }) => evictedSources),
        evictedServices: sum(({ evictedServices }) => evictedServices),
        late: sum(({ late }) => late),
        ignored: sum(({ ignored }) => ignored.sameAddress + ignored.malformed),
        tableBytes,
      };
    },
  };
}

const INTERNAL: Side = 'internal';

function sidesOf(fromInternal: boolean, toInternal: boolean): number {
  return (fromInternal ? 2 : 0) | (toInternal ? 1 : 0);
}
