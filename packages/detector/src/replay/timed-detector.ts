import type { ModelPolicy } from '@connscan/model';
import { type Counters, countersOf } from '../counters.ts';
import {
  BATCH_LINES,
  BATCH_WORD,
  H_ADVANCED_MS,
  H_PEAK,
  H_PENDING_ALERTS,
  H_WALL_OFFSET_MS,
  R_MOVED_TIME,
  R_QUIET,
} from '../layout.ts';
import { limitsOf } from '../limits.ts';
import { putRecord } from '../put-record.ts';
import { createShard, viewShard } from '../shard.ts';
import type { ShardSize } from '../shard-size.ts';
import { type DescribesAlert, drainAlerts } from '../take-alerts.ts';
import { copyShard, restoreCopy, type ShardCopy } from './shard-copy.ts';

/** Time before the first line in the detector's clock, which cannot go below 0: later lines may have ended before. */
const BEFORE_MS = 86_400_000;

/** Above all numbers of services. */
const NEVER = 2 ** 31 - 1;

/** A detector of one model, driven by the time of what it is shown. */
export type TimedDetector = {
  /**
   * Something ended at this wall-clock time: detections are confirmed, go on or end, but not before flush. An earlier time than
   * the last changes nothing.
   */
  moveTo(atMs: number): void;
  /** One connection, after time was moved to its end; arguments are those of `Detector.add`, with wall-clock time. */
  add(words: ArrayLike<number>, source: number, destination: number, port: number, outcome: number, atMs: number): void;
  /** Observes what is in the batch. */
  observe(): void;
  /** The same, and tells alerts of the time up to now. */
  flush(): void;
  /** There is no more: the last alerts are told. Then only restart is of use. */
  end(): void;
  /** Forgets all sources: what comes next is another replay. Takes as long as there are sources; counters go on. */
  restart(): void;
  /** Connections that were observed since the start. */
  observed(): number;
  /** The most aborted services that a source had in its window, since the start or forgetPeak. */
  peak(): number;
  forgetPeak(): void;
  /** From now on `onPeak` is told of each connection behind which a source has or had so many; to be set higher in it. */
  tellPeak(services: number): void;
  /**
   * It is quiet behind a connection where no episode is open and its source has fewer aborted services in its window: from
   * now on that is written for each into `rows`, by its number since the start, if there are any.
   */
  noteQuiet(services: number, rows: Uint8Array | undefined): void;
  /** Whether `onQuiet` is told of each connection behind which it is quiet, from now on. */
  tellQuiet(isTold: boolean): void;
  /** Settings that differ from those before in their thresholds alone: what is known of all sources is the same. */
  useThresholds(settings: ModelPolicy): void;
  /** What it knows behind the connections that were observed; into a copy of a detector of the same size if there is one. */
  copy(into?: DetectorCopy): DetectorCopy;
  /** Goes on from where this was copied, with the thresholds of now. */
  restore(copy: DetectorCopy): void;
  counters(): Counters;
  readonly tableBytes: number;
};

/** What a TimedDetector knows. */
export type DetectorCopy = {
  readonly shard: ShardCopy;
  readonly wallOffsetMs: number;
  readonly movedMs: number;
  readonly observed: number;
};

export type TimedDetectorOptions<Told> = {
  readonly settings: ModelPolicy;
  /** Secret of the hash tables; it changes no detection unless a table is full. */
  readonly key: readonly [number, number];
  readonly size: ShardSize;
  /** alertOf or summaryOf. */
  readonly describe: DescribesAlert<Told>;
  /** Told at the step after it was raised; its times are boot-clock times, to which the offset is added. */
  readonly onAlert: (alert: Told, wallOffsetMs: number) => void;
  /** See tellPeak. */
  readonly onPeak?: () => void;
  /** See tellQuiet. True: connections that were added behind this one are forgotten. */
  readonly onQuiet?: () => boolean;
};

export function createTimedDetector<Told>(options: TimedDetectorOptions<Told>): TimedDetector {
  const { settings, key, size, describe, onAlert, onPeak = () => {}, onQuiet = () => false } = options;
  const memory = createShard({ ...size, key, startedMs: BEFORE_MS });
  const shard = viewShard(memory, settings, { tellsSightings: false });
  const { words, times, core } = shard;
  const limits = new Map([[settings, shard.limits]]);
  /** What makes wall-clock time of the detector's. */
  let wallOffsetMs = Number.NaN;
  /** The latest time that it was moved to, in its own clock. */
  let movedMs = 0;
  let observed = 0;
  /** In the batch, and of them those that were observed. */
  let records = 0;
  let done = 0;
  let toldPeak = Number.POSITIVE_INFINITY;
  let quietBelow = 0;
  let quietRows: Uint8Array | undefined;
  let isQuietTold = false;

  function tell(): void {
    if (words[H_PENDING_ALERTS] !== 0) drainAlerts(shard, describe, (alert) => onAlert(alert, wallOffsetMs));
  }

  function observe(): void {
    while (done < records) {
      const next = core.observeInTime(done, records);
      if (next < 0) {
        noteUntil(-1 - next);
        tell();
        continue;
      }
      noteUntil(next);
      if (words[H_PEAK]! >= toldPeak) onPeak();
      else if (isQuietTold && isQuietBehind(next - 1) && onQuiet()) break;
    }
    observed += done;
    records = 0;
    done = 0;
  }

  /** Those of the batch before this one are observed. */
  function noteUntil(record: number): void {
    if (quietRows)
      for (let each = done; each < record; each++) quietRows[observed + each] = isQuietBehind(each) ? 1 : 0;
    done = record;
  }

  function isQuietBehind(record: number): boolean {
    return words[BATCH_WORD + (record << 4) + R_QUIET] === 1;
  }

  function flush(): void {
    observe();
    while (!core.moveTime(movedMs)) tell();
  }

  function tellPeak(services: number): void {
    toldPeak = services;
    core.setStop(Math.min(services, NEVER));
  }

  function tellQuiet(isTold: boolean): void {
    isQuietTold = isTold;
    core.setQuiet(quietBelow, isTold ? 1 : 0);
  }

  return {
    moveTo(atMs) {
      if (Number.isNaN(wallOffsetMs)) {
        wallOffsetMs = Math.floor(atMs) - BEFORE_MS;
        times[H_WALL_OFFSET_MS] = wallOffsetMs;
        // The steps begin here.
        core.moveTime(BEFORE_MS);
      }
      movedMs = Math.max(movedMs, atMs - wallOffsetMs);
    },
    add(from, source, destination, port, outcome, atMs) {
      // What ended days before the first line is late, not impossible.
      putRecord(shard, records, from, source, destination, port, outcome, Math.max(0, atMs - wallOffsetMs), 0);
      times[((BATCH_WORD + (records << 4)) >> 1) + R_MOVED_TIME] = movedMs;
      if (++records === BATCH_LINES) observe();
    },
    observe,
    flush,
    end() {
      flush();
      core.advance(times[H_ADVANCED_MS]!, wallOffsetMs);
      tell();
    },
    restart() {
      core.forgetAll();
      wallOffsetMs = Number.NaN;
      movedMs = 0;
      observed = 0;
      records = 0;
      done = 0;
    },
    observed: () => observed + done,
    peak: () => words[H_PEAK]!,
    forgetPeak() {
      words[H_PEAK] = 0;
    },
    tellPeak,
    noteQuiet(services, rows) {
      quietBelow = services;
      quietRows = rows;
      tellQuiet(isQuietTold);
    },
    tellQuiet,
    useThresholds(others) {
      const known = limits.get(others) ?? limitsOf(others);
      limits.set(others, known);
      if (known !== shard.limits) shard.useCountsOf(known);
    },
    copy(into) {
      // Those in the batch behind it have moved time further on.
      const latest = (BATCH_WORD + ((done - 1) << 4)) >> 1;
      return {
        shard: copyShard(shard, into?.shard),
        wallOffsetMs,
        movedMs: done === 0 ? movedMs : times[latest + R_MOVED_TIME]!,
        observed: observed + done,
      };
    },
    restore(copy) {
      restoreCopy(shard, copy.shard);
      ({ wallOffsetMs, movedMs, observed } = copy);
      records = 0;
      done = 0;
      // Time is where the last step was, or where it begins.
      core.setStep(times[H_ADVANCED_MS]! || BEFORE_MS);
    },
    counters: () => countersOf(shard),
    tableBytes: memory.buffer.byteLength,
  };
}
