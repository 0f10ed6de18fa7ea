import { ExponentialBackoff, noJitterGenerator } from 'cockatiel';
import { createSpool, type StartedSpool } from './create-spool.ts';
import { NO_FILES } from './no-files.ts';
import { recover } from './recover.ts';
import type { Spool, SpoolOptions } from './spool.ts';

/** First and longest wait before the disk is tried again, in milliseconds: a try may read all that is on it. */
const BACKOFF = { initialDelay: 1000, maxDelay: 60_000, generator: noJitterGenerator };

export type StandInOptions = SpoolOptions & {
  /** The try that is under way, or has failed. */
  readonly opening: Promise<StartedSpool | undefined>;
  /** Opens the spool on disk; undefined if it cannot be written. */
  readonly tryOpen: () => Promise<StartedSpool | undefined>;
  /** Calls of the disk that have failed so far in opening. */
  readonly errors: () => number;
};

/**
 * A spool in memory, under an epoch of its own, until the one on disk can be opened. From then on batches go to the disk;
 * those in memory are sent as they are, as some may have been sent under their numbers before. When all of them are acknowledged,
 * `epoch` changes for the last time, and sessions go on with what is on disk.
 */
export async function createStandIn(options: StandInOptions): Promise<Spool> {
  const { opening, tryOpen, errors, clock, logger, randomUUID } = options;
  const empty = await recover({ files: NO_FILES, randomUUID, onError: () => {} });
  const memory = createSpool({ ...options, ...empty, files: NO_FILES });
  await memory.start();
  const listeners: (() => void)[] = [];
  let backoff = new ExponentialBackoff<number>(BACKOFF).next();
  let disk: StartedSpool | undefined;
  let isOver = false;
  let isClosed = false;
  let cancelRetry = () => {};

  function changed(): void {
    isOver ||= disk !== undefined && memory.waiting() === 0;
    for (const listener of listeners) listener();
  }

  function take(opened: StartedSpool | undefined): void {
    if (isClosed) {
      void opened?.close();
    } else if (opened) {
      logger.info({}, 'the spool is on disk again');
      disk = opened;
      disk.onChange(changed);
      changed();
    } else {
      cancelRetry = clock.afterMs(backoff.duration, () => void tryOpen().then(take));
      backoff = backoff.next(undefined);
    }
  }

  memory.onChange(changed);
  void opening.then(take);
  /** What sessions send. */
  const sending = () => (isOver ? disk! : memory);

  return {
    get epoch() {
      return sending().epoch;
    },
    append: (kind, payload) => (disk ?? memory).append(kind, payload),
    openReader: () => sending().openReader(),
    acknowledge: (seqs) => sending().acknowledge(seqs),
    waiting: () => memory.waiting() + (disk?.waiting() ?? 0),
    health() {
      const [mine, other] = [memory.health(), disk?.health()];
      const sum = (name: 'appended' | 'acknowledged' | 'lostFull' | 'lostDamage' | 'waiting' | 'waitingBytes') =>
        mine[name] + (other?.[name] ?? 0);
      return {
        appended: sum('appended'),
        acknowledged: sum('acknowledged'),
        lostFull: sum('lostFull'),
        lostDamage: sum('lostDamage'),
        waiting: sum('waiting'),
        waitingBytes: sum('waitingBytes'),
        oldestAgeMs: Math.max(mine.oldestAgeMs, other?.oldestAgeMs ?? 0),
        diskErrors: errors() + (other?.diskErrors ?? 0),
        durable: isOver && disk!.health().durable,
      };
    },
    onChange: (listener) => listeners.push(listener),
    async close() {
      isClosed = true;
      cancelRetry();
      await memory.close();
      await disk?.close();
    },
  };
}
