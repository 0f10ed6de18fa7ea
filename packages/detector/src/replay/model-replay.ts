import { createAddressSet, type Detection, enabledModels, type Policy, policyHash } from '@connscan/model';
import { alertOf } from '../alert.ts';
import { DEFAULT_SIZE, type ShardSize } from '../shard-size.ts';
import { detectionOfAlert } from './detection-of-alert.ts';
import { createOpenDetections } from './open-detections.ts';
import { createTimedDetector, type TimedDetector } from './timed-detector.ts';

/** Detectors of all models at work, driven by the time of what they are shown. */
export type ModelReplay = {
  /** Something ended at this wall-clock time: detections are confirmed, go on or end. Ordinary connections move time too. */
  moveTo(atMs: number): void;
  /**
   * One connection, after time was moved to its end; arguments are those of `Detector.add`, with wall-clock time. False if
   * no model at work looks at connections between its two sides.
   */
  observe(
    words: ArrayLike<number>,
    source: number,
    destination: number,
    port: number,
    outcome: number,
    atMs: number,
  ): boolean;
  /** There is no more: detections that are open then stay open, as nobody knows what came after. */
  end(): void;
  counts(): ModelCounts;
};

export type ModelCounts = {
  /** In the tables now. */
  readonly sources: number;
  readonly evictedSources: number;
  readonly evictedServices: number;
  /** Times that a source over its limits had to wait for the end of another's detection. */
  readonly episodesPutOff: number;
  /** Connections that ended more than a rollup period before others shown before them. */
  readonly late: number;
  /** Of an address with itself, or that the detector refused. */
  readonly ignored: number;
  readonly tableBytes: number;
};

export type ModelReplayOptions = {
  readonly policy: Policy;
  /** Secret of the hash tables; it changes no detection unless a table is full. */
  readonly key: readonly [number, number];
  /** Of the tables of each model; those of an agent if left out. */
  readonly size?: ShardSize;
  /** Told once of each, when it ended or the replay did. */
  readonly onDetection: (detection: Detection) => void;
};

/** How often all models tell what they have found: so detections come in the order of time, whichever model finds them. */
const FLUSH_MS = 1000;

type RunningModel = { readonly sides: number; readonly detector: TimedDetector };

export function createModelReplay({ policy, key, size = DEFAULT_SIZE, onDetection }: ModelReplayOptions): ModelReplay {
  const internal = createAddressSet(policy.internalCidrs);
  const hash = policyHash(policy);
  const open = createOpenDetections();
  const models = enabledModels(policy).map((settings): RunningModel => {
    const { model } = settings;
    return {
      sides: sidesOf(model.from === 'internal', model.to === 'internal'),
      detector: createTimedDetector({
        ...{ settings, key, size },
        describe: alertOf,
        onAlert(alert, wallOffsetMs) {
          const ended = open.add(detectionOfAlert(alert, { origin: 'replay', model, policyHash: hash, wallOffsetMs }));
          if (ended) onDetection(ended);
        },
      }),
    };
  });

  let flushDueMs = 0;

  return {
    moveTo(atMs) {
      for (const { detector } of models) detector.moveTo(atMs);
      if (atMs < flushDueMs) return;
      flushDueMs = atMs + FLUSH_MS;
      for (const { detector } of models) detector.flush();
    },
    observe(words, source, destination, port, outcome, atMs) {
      const sides = sidesOf(internal.has(words, source), internal.has(words, destination));
      let isShown = false;
      for (const model of models) {
        if (model.sides !== sides) continue;
        model.detector.add(words, source, destination, port, outcome, atMs);
        isShown = true;
      }
      return isShown;
    },
    end() {
      for (const { detector } of models) detector.end();
      for (const detection of open.rest()) onDetection(detection);
    },
    counts() {
      const counters = models.map(({ detector }) => detector.counters());
      const sum = (of: (count: (typeof counters)[number]) => number) =>
        counters.reduce((all, each) => all + of(each), 0);
      return {
        sources: sum(({ sources }) => sources),
        evictedSources: sum(({ evictedSources }) => evictedSources),
        evictedServices: sum(({ evictedServices }) => evictedServices),
        episodesPutOff: sum(({ episodesPutOff }) => episodesPutOff),
        late: sum(({ late }) => late),
        ignored: sum(({ ignored }) => ignored.sameAddress + ignored.malformed),
        tableBytes: models.reduce((all, { detector }) => all + detector.tableBytes, 0),
      };
    },
  };
}

/** Two bits: whether the originator and whether the responder is inside. */
function sidesOf(fromInternal: boolean, toInternal: boolean): number {
  return (fromInternal ? 2 : 0) | (toInternal ? 1 : 0);
}
