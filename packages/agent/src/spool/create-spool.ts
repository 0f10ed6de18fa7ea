import { BATCH_KINDS, countRows } from '@connscan/wire';
import { adoptForeign } from './adopt-foreign.ts';
import { createCursor } from './cursor.ts';
import { type CursorState, MAX_RANGES } from './cursor-state.ts';
import { createFlusher } from './flusher.ts';
import { createHoldings } from './holdings.ts';
import { createLane, type Lane } from './lane.ts';
import { createNumberSet, rangesOf } from './number-set.ts';
import type { Recovered } from './recover.ts';
import type { Spool, SpoolOptions } from './spool.ts';
import { createReader } from './spool-reader.ts';

const SEGMENT_BYTES = 8 * 2 ** 20;

/** A bound has room for so many segments at least, so that giving one up is a small part of it. */
const LEAST_SEGMENTS = 8;

const MAX_BYTES = 256 * 2 ** 20;
const MAX_MEMORY_BYTES = 16 * 2 ** 20;

/** In memory at most, too: their numbers are ranges of the cursor. */
const MAX_PENDING = 2000;

export type CreateSpoolOptions = SpoolOptions & Recovered;

export type StartedSpool = Spool & {
  /** Takes the directory into use; returns why it cannot be written. */
  start(): Promise<NodeJS.ErrnoException | undefined>;
};

export function createSpool(options: CreateSpoolOptions): StartedSpool {
  const { files, ledger, clock, logger, maxBytes = MAX_BYTES, maxMemoryBytes = MAX_MEMORY_BYTES } = options;
  const segmentBytes = Math.min(SEGMENT_BYTES, Math.floor(maxBytes / LEAST_SEGMENTS));
  let { nextNumber } = options;
  const takeNumber = () => nextNumber++;
  const lanes = BATCH_KINDS.map((kind) => {
    const lane = createLane({ kind, files, ledger, segmentBytes, takeNumber });
    lane.segments = options.segments.filter((segment) => segment.kind === kind);
    return lane;
  });
  const laneOf = new Map(lanes.map((lane) => [lane.kind, lane]));
  const holdings = createHoldings(ledger, lanes);
  const cursor = createCursor(files, options.newestSlot);
  const listeners: (() => void)[] = [];
  let readers = 0;
  let isClosed = false;
  /** An epoch that no slot holds ends with this process, so that its numbers need not be kept. */
  const isFounded = () => options.known || cursor.written() >= 0;
  const reservedThrough = () => (isFounded() ? cursor.confirmed().through : Number.POSITIVE_INFINITY);
  const changed = () => {
    for (const listener of listeners) listener();
  };

  const flusher = createFlusher({
    files,
    ledger,
    lanes,
    holdings,
    cursor,
    cursorState: () => cursorState(ledger.state(), lanes),
    isFounded,
    areRead: () => readers > 0,
    maxBytes,
    segmentBytes,
    clock,
    logger,
    changed: () => {
      tell();
      changed();
    },
  });

  /** Lets the next loss batch have its number, and both cursor slots hold it. */
  function tell(): void {
    const before = ledger.version();
    ledger.tell(clock.wallTimeMs());
    if (ledger.version() !== before) flusher.confirm();
  }

  function boundMemory(): void {
    const isOver = () =>
      holdings.memoryBytes() > maxMemoryBytes ||
      lanes.reduce((sum, { pending }) => sum + pending.length, 0) > MAX_PENDING;
    if (!isOver()) return;
    while (isOver()) holdings.giveUpPending(lanes.findLast(({ pending }) => pending.length > 0)!);
    tell();
  }

  const spool: StartedSpool = {
    epoch: ledger.epoch,

    async start() {
      flusher.confirm();
      await flusher.idle();
      void adoptAll();
      return flusher.cursorFailure();
    },

    append(kind, payload) {
      if (isClosed) return Promise.resolve(undefined);
      const lane = laneOf.get(kind)!;
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      holdings.add(lane, {
        seq: ledger.take(),
        kind,
        rows: countRows(payload),
        timeMs: clock.wallTimeMs(),
        payload,
        done: resolve,
      });
      boundMemory();
      if (lane.stalled || !isFounded()) resolve(undefined);
      if (lane.stalled) flusher.confirm();
      else flusher.wake();
      if (!isFounded()) changed();
      return promise;
    },

    openReader() {
      readers++;
      return createReader({
        files,
        ledger,
        lanes,
        holdings,
        reservedThrough,
        told() {
          const told = ledger.told();
          return told && told.seq <= reservedThrough() ? told : undefined;
        },
        onError: flusher.countError,
        onDamage(segment) {
          segment.damaged = true;
          tell();
          flusher.confirm();
        },
        closed() {
          readers--;
        },
      });
    },

    acknowledge(seqs) {
      const known = seqs.filter((seq) => holdings.acknowledge(seq));
      if (known.length === 0) return;
      tell();
      flusher.acknowledged();
      changed();
    },

    waiting() {
      const { appended, acknowledged, lostFull, lostDamage } = ledger.counts();
      return appended - acknowledged - lostFull - lostDamage;
    },

    health() {
      const oldestMs = holdings.oldestMs();
      return {
        ...ledger.counts(),
        waiting: spool.waiting(),
        waitingBytes: holdings.waitingBytes(),
        oldestAgeMs: oldestMs === undefined ? 0 : Math.max(0, clock.wallTimeMs() - oldestMs),
        diskErrors: flusher.errors(),
        durable: flusher.isDurable(),
      };
    },

    onChange: (listener) => listeners.push(listener),

    async close() {
      isClosed = true;
      await flusher.stop();
    },
  };

  async function adoptAll(): Promise<void> {
    for (const name of options.foreign) {
      try {
        await adoptForeign(name, { files, append: spool.append });
      } catch (error) {
        flusher.countError();
        logger.error({ name, reason: (error as Error).message }, 'a segment of a lost epoch could not be taken up');
      }
    }
  }
  return spool;
}

/** A state that fits into a slot: beyond MAX_RANGES, numbers that are on disk, where they are found again, count as settled. */
function cursorState(state: CursorState, lanes: readonly Lane[]): CursorState {
  if (state.settled.length <= MAX_RANGES) return state;
  const coarse = createNumberSet(state.settled);
  for (const { seqs } of lanes.flatMap(({ segments }) => segments)) {
    for (const [from, through] of rangesOf(seqs)) coarse.add(from, through);
  }
  return { ...state, settled: coarse.ranges().map(([from, through]) => [from, through]), coarse: true };
}
