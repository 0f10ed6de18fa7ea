import type { ModelPolicy } from '@connscan/model';
import { takeAlerts } from '../answer.ts';
import { type Counters, countersOf } from '../counters.ts';
import {
  BATCH_LINES,
  BATCH_WORD,
  H_ADVANCED_MS,
  H_PEAK,
  H_PENDING_ALERTS,
  H_WALL_OFFSET_MS,
  R_MOVED_TIME,
} from '../layout.ts';
import { putRecord } from '../put-record.ts';
import { createShard, viewShard } from '../shard.ts';
import type { ShardSize } from '../shard-size.ts';
import type { DescribesAlert } from '../take-alerts.ts';

/** Time before the first line in the detector's clock, which cannot go below 0: later lines may have ended before. */
const BEFORE_MS = 86_400_000;

/** A detector of one model, driven by the time of what it is shown. */
export type TimedDetector = {
  /**
   * Something ended at this wall-clock time: detections are confirmed, go on or end, but not before flush. An earlier time than
   * the last changes nothing.
   */
  moveTo(atMs: number): void;
  /** One connection, after time was moved to its end; arguments are those of `Detector.add`, with wall-clock time. */
  add(words: ArrayLike<number>, source: number, destination: number, port: number, outcome: number, atMs: number): void;
  /** Observes what is in the batch, and tells alerts of the time up to now. */
  flush(): void;
  /** There is no more: the last alerts are told. Then only restart is of use. */
  end(): void;
  /** Forgets all sources: what comes next is another replay. Takes as long as there are sources; counters go on. */
  restart(): void;
  /** The most aborted services that a source had in its window since the start: no threshold above it was reached. */
  peak(): number;
  counters(): Counters;
  readonly tableBytes: number;
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
};

export function createTimedDetector<Told>(options: TimedDetectorOptions<Told>): TimedDetector {
  const { settings, key, size, describe, onAlert } = options;
  const memory = createShard({ ...size, key, startedMs: BEFORE_MS });
  const shard = viewShard(memory, settings, { tellsSightings: false });
  const { words, times, core } = shard;
  /** What makes wall-clock time of the detector's. */
  let wallOffsetMs = Number.NaN;
  /** The latest time that it was moved to, in its own clock. */
  let movedMs = 0;
  let records = 0;

  function tell(): void {
    if (words[H_PENDING_ALERTS] === 0) return;
    for (const alert of takeAlerts(shard, describe)) onAlert(alert, wallOffsetMs);
  }

  function observe(): void {
    for (let done = 0; ; tell()) {
      done = core.observeInTime(done, records);
      if (done === records) break;
    }
    records = 0;
  }

  function flush(): void {
    observe();
    while (!core.moveTime(movedMs)) tell();
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
      records = 0;
    },
    peak: () => words[H_PEAK]!,
    counters: () => countersOf(shard),
    tableBytes: memory.buffer.byteLength,
  };
}
