import {
  type AlertSummary,
  createTimedDetector,
  type DetectorCopy,
  type ShardSize,
  summaryOf,
} from '@connscan/detector';
import type { ModelPolicy } from '@connscan/model';
import { areAlike, type Thresholds } from './are-alike.ts';
import type { SourceSightings } from './group-sightings.ts';
import { REPLAY_KEY } from './replay-key.ts';
import type { ReplayedDetection } from './what-if-task.ts';

/** What one model finds of one source after the other, with settings that differ in their thresholds alone. */
export type SourceReplay = {
  /** Of the sightings in these rows. */
  replay(settings: ModelPolicy, sightings: SourceSightings, rows: Int32Array): SourceFinds;
  /** The same, where the replay of the same rows before says when thresholds matter at all; its source is no /64. */
  replayTimes(
    settings: ModelPolicy,
    sightings: SourceSightings,
    rows: Int32Array,
    times: ThresholdTimes,
  ): readonly ReplayedDetection[];
  /** What lost its place in full tables so far. */
  evicted(): number;
};

export type SourceFinds = {
  readonly detections: readonly ReplayedDetection[];
  /** The most aborted services that were in the window at once. */
  readonly peak: number;
  /** Undefined if they cannot be told apart from other times. */
  readonly times: ThresholdTimes | undefined;
};

/**
 * When a source had as many aborted services in its window as the lowest threshold asks for. All that is known of a source is the
 * same whatever the thresholds are, until then, and again when no episode is open any more; it is what the window, the habits
 * and the slow count hold.
 */
type ThresholdTimes = {
  /** Of those that were replayed. */
  readonly thresholds: Thresholds;
  /** In order. */
  readonly begins: readonly ThresholdTime[];
  /** 1 for each row behind which it was quiet. */
  readonly quietRows: Uint8Array;
  /** All detections, with the row at which each was told to have ended; those that did not end have all rows. */
  readonly found: readonly FoundDetection[];
};

type ThresholdTime = {
  /** What the detector knew when it was one service short of it, for the last time before it was reached. */
  readonly detector: DetectorCopy;
  /** Detections that had not ended. */
  readonly open: readonly ReplayedDetection[];
  /** The most aborted services that were in the window until it was quiet. */
  peak: number;
};

type FoundDetection = { readonly row: number; readonly detection: ReplayedDetection };

export type SourceReplayOptions = {
  /** All but the thresholds. */
  readonly settings: ModelPolicy;
  /** Of the tables: for one source at a time, with all it has. */
  readonly size: ShardSize;
  /** The lowest threshold of all policies that are replayed. */
  readonly lowest: number;
  /** Time begins and ends with these. */
  readonly sinceMs: number;
  readonly untilMs: number;
};

/** So many rows are added before it is seen whether thresholds matter still: what is behind a scan is seldom more. */
const FEW_ROWS = 16;

/** Of one source; with more of them it is as quick to replay all of it. */
const MOST_TIMES = 256;

/**
 * A source is judged by what it did alone, so sources are replayed one after the other: tables of some hundred kilobytes stay in
 * the processor's cache, and time leaps from one sighting of the source to the next.
 */
export function createSourceReplay(options: SourceReplayOptions): SourceReplay {
  const { settings, size, lowest, sinceMs, untilMs } = options;
  const model = settings.model.name;
  let found: FoundDetection[] = [];
  /** Seldom more than one. */
  let open: ReplayedDetection[] = [];
  /** Copies are made anew in the place of old ones. */
  const copies: DetectorCopy[] = [];
  let begins: ThresholdTime[] = [];
  let short: ThresholdTime | undefined;
  let areTimesKnown = true;
  let peak = 0;
  let quietRows = new Uint8Array(1024);
  /** Of the other replay, which is quiet behind these rows. */
  let others: Uint8Array | undefined;
  let isOver = false;
  const detector = createTimedDetector({
    ...{ settings, key: REPLAY_KEY, size },
    ...{ describe: summaryOf, onAlert, onPeak, onQuiet },
  });

  function onAlert(alert: AlertSummary, wallOffsetMs: number): void {
    const startedMs = alert.startedMs + wallOffsetMs;
    const isThis = (one: ReplayedDetection) =>
      one.startedMs === startedMs && one.source === alert.source && one.sourcePrefixBits === alert.sourcePrefixBits;
    const place = open.findIndex(isThis);
    const before = open[place];
    // As the aggregator stores it: an end tells an empty window, so what was seen stays that of the fullest alert.
    const fullest = before && before.distinctServices > alert.distinctServices ? before : alert;
    const detection: ReplayedDetection = {
      model,
      source: alert.source,
      sourcePrefixBits: alert.sourcePrefixBits,
      severity: alert.severity,
      confidence: alert.confidence,
      rule: alert.rule,
      distinctServices: fullest.distinctServices,
      distinctHosts: fullest.distinctHosts,
      distinctPorts: fullest.distinctPorts,
      failedServices: fullest.failedServices,
      slowServices: fullest.slowServices,
      startedMs,
      endedMs: alert.endedMs === undefined ? undefined : alert.endedMs + wallOffsetMs,
    };
    if (alert.alertType === 'end') {
      found.push({ row: detector.observed(), detection });
      if (before) open.splice(place, 1);
    } else if (before) {
      open[place] = detection;
    } else {
      open.push(detection);
    }
  }

  /** One service short of the lowest threshold, or at it. */
  function onPeak(): void {
    if (detector.peak() < lowest) {
      copies[begins.length] = detector.copy(copies[begins.length]);
      short = { detector: copies[begins.length]!, open: [...open], peak: 0 };
      detector.tellPeak(lowest);
      detector.tellQuiet(true);
      return;
    }
    // Habits that broke together may have leapt over it, before any connection.
    if (!short || begins.length === MOST_TIMES) areTimesKnown = false;
    else begins.push(short);
    detector.tellPeak(Number.POSITIVE_INFINITY);
  }

  /** Thresholds do not matter behind this row. */
  function onQuiet(): boolean {
    if (others) {
      isOver = others[detector.observed() - 1] === 1;
      return isOver;
    }
    beQuiet();
    return false;
  }

  function add({ words, ports, outcomes, times }: SourceSightings, row: number): void {
    detector.moveTo(times[row]!);
    detector.add(words, row * 8, row * 8 + 4, ports[row]!, outcomes[row]!, times[row]!);
  }

  function end(rows: number): void {
    detector.moveTo(untilMs);
    detector.end();
    for (const detection of open) found.push({ row: rows, detection });
    open = [];
  }

  /** Of the time that ends here. */
  function notePeak(): void {
    peak = Math.max(peak, detector.peak());
    if (short) short.peak = detector.peak();
    short = undefined;
  }

  /** Waits for the lowest threshold. */
  function beQuiet(): void {
    notePeak();
    detector.forgetPeak();
    detector.tellPeak(areTimesKnown ? lowest - 1 : Number.POSITIVE_INFINITY);
    detector.tellQuiet(false);
  }

  return {
    replay(settings, sightings, rows) {
      found = [];
      begins = [];
      peak = 0;
      areTimesKnown = lowest > 1 && !sightings.isWide;
      others = undefined;
      if (quietRows.length < rows.length) quietRows = new Uint8Array(2 * rows.length);
      detector.useThresholds(settings);
      detector.restart();
      detector.noteQuiet(lowest - 1, quietRows);
      detector.moveTo(sinceMs);
      beQuiet();
      for (const row of rows) add(sightings, row);
      detector.flush();
      const isReached = detector.peak() >= lowest;
      detector.tellPeak(Number.POSITIVE_INFINITY);
      end(rows.length);
      notePeak();
      // Habits that broke behind the last row.
      if (!isReached && detector.peak() >= lowest) areTimesKnown = false;
      return {
        detections: found.map(({ detection }) => detection),
        peak,
        times: areTimesKnown ? { thresholds: settings.thresholds, begins, quietRows, found } : undefined,
      };
    },

    replayTimes(settings, sightings, rows, times) {
      found = [];
      others = times.quietRows;
      const kept: FoundDetection[] = [];
      detector.useThresholds(settings);
      detector.noteQuiet(lowest - 1, undefined);
      detector.tellPeak(Number.POSITIVE_INFINITY);
      detector.tellQuiet(true);
      let done = 0;
      const keepUntil = (row: number) => {
        for (const one of times.found) if (one.row >= done && one.row < row) kept.push(one);
      };
      for (const begin of times.begins) {
        const from = begin.detector.observed;
        if (from < done || areAlike(times.thresholds, settings.thresholds, begin.peak)) continue;
        keepUntil(from);
        detector.restore(begin.detector);
        open = [...begin.open];
        isOver = false;
        for (let row = from; row < rows.length && !isOver; detector.observe())
          for (const end = Math.min(row + FEW_ROWS, rows.length); row < end; row++) add(sightings, rows[row]!);
        done = detector.observed();
        if (isOver) continue;
        // Nothing that the other one found behind it holds.
        end(rows.length);
        done = Number.POSITIVE_INFINITY;
      }
      keepUntil(Number.POSITIVE_INFINITY);
      return [...kept, ...found].map(({ detection }) => detection);
    },

    evicted() {
      const { evictedSources, evictedServices, episodesPutOff } = detector.counters();
      return evictedSources + evictedServices + episodesPutOff;
    },
  };
}
