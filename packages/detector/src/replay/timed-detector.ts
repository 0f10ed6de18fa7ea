import type { ModelPolicy } from '@connscan/model';
import type { Counters } from '../counters.ts';
import { type Detector, openDetector } from '../open-detector.ts';
import { createShard } from '../shard.ts';
import type { ShardSize } from '../shard-size.ts';
import { createEventClock } from './event-clock.ts';

/** Time before the first line in the detector's clock, which cannot go below 0: later lines may have ended before. */
const BEFORE_MS = 86_400_000;

/** A detector of one model, driven by the time of what it is shown. */
export type TimedDetector = {
  /** Something ended at this wall-clock time: detections are confirmed, go on or end. Ordinary connections move time too. */
  moveTo(atMs: number): void;
  /** One connection, after time was moved to its end; arguments are those of `Detector.add`, with wall-clock time. */
  add(words: ArrayLike<number>, source: number, destination: number, port: number, outcome: number, atMs: number): void;
  /** There is no more: the last alerts are told. Then only restart is of use. */
  end(): void;
  /** Forgets all sources: what comes next is another replay. Takes as long as there are sources, and counters go on. */
  restart(): void;
  counters(): Counters;
  readonly tableBytes: number;
};

export type TimedDetectorOptions<Told> = {
  readonly settings: ModelPolicy;
  /** Secret of the hash tables; it changes no detection unless a table is full. */
  readonly key: readonly [number, number];
  readonly size: ShardSize;
  /** takeAlerts or takeSummaries. */
  readonly take: (detector: Detector) => readonly Told[];
  /** Told at the step after it was raised; its times are boot-clock times, to which the offset is added. */
  readonly onAlert: (alert: Told, wallOffsetMs: number) => void;
};

export function createTimedDetector<Told>(options: TimedDetectorOptions<Told>): TimedDetector {
  const { settings, key, size, take, onAlert } = options;
  const memory = createShard({ ...size, key, startedMs: BEFORE_MS });
  const detector = openDetector(memory, settings, { tellsSightings: false });
  /** What makes wall-clock time of the detector's. */
  let wallOffsetMs = Number.NaN;

  const clock = createEventClock({
    advance(nowMs) {
      detector.flush();
      detector.advance(nowMs - wallOffsetMs, wallOffsetMs);
      if (detector.pendingAlerts() > 0) for (const alert of take(detector)) onAlert(alert, wallOffsetMs);
    },
    dueMs() {
      detector.flush();
      return detector.pendingAlerts() > 0 ? 0 : detector.dueMs() + wallOffsetMs;
    },
  });

  return {
    moveTo(atMs) {
      if (Number.isNaN(wallOffsetMs)) wallOffsetMs = Math.floor(atMs) - BEFORE_MS;
      clock.moveTo(atMs);
    },
    add(words, source, destination, port, outcome, atMs) {
      // What ended days before the first line is late, not impossible.
      detector.add(words, source, destination, port, outcome, Math.max(0, atMs - wallOffsetMs));
    },
    end: () => clock.end(),
    restart() {
      detector.forgetAll();
      clock.restart();
      wallOffsetMs = Number.NaN;
    },
    counters: () => detector.counters(),
    tableBytes: memory.buffer.byteLength,
  };
}
