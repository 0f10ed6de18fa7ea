import type { Cursor } from './cursor.ts';
import type { CursorState } from './cursor-state.ts';
import type { Holdings } from './holdings.ts';
import type { Lane } from './lane.ts';
import type { Ledger } from './ledger.ts';
import { quarantine } from './quarantine.ts';
import { SEGMENT_HEADER_BYTES } from './record-format.ts';
import { type Segment, segmentName } from './segment.ts';
import type { SpoolClock, SpoolLogger } from './spool.ts';
import type { SpoolFiles } from './spool-files.ts';

/** How long a failing disk is left alone, in milliseconds: all is normal again soon after it takes what it is given. */
const RETRY_MS = 1000;

/** Acknowledgements are made durable with the next batches, or after so many milliseconds. */
const ACKNOWLEDGE_MS = 200;

/** A call that has not ended after so many milliseconds is a failure, as far as health is concerned. */
const HUNG_MS = 5000;

/** Failures of a lane at which it waits: after the first one, the same batches go into a new segment at once. */
const PATIENCE = 2;

/** An open segment with nothing left to send goes if it is larger than this part of a full one. */
const WORTH_REMOVING = 8;

const FULL = new Set(['ENOSPC', 'EDQUOT']);

export type FlusherOptions = {
  readonly files: SpoolFiles;
  readonly ledger: Ledger;
  /** In the order of their worth. */
  readonly lanes: readonly Lane[];
  readonly holdings: Holdings;
  readonly cursor: Cursor;
  readonly cursorState: () => CursorState;
  /** Whether the epoch is on the disk, without which nothing else may be. */
  readonly isFounded: () => boolean;
  readonly areRead: () => boolean;
  readonly maxBytes: number;
  readonly segmentBytes: number;
  readonly clock: SpoolClock;
  readonly logger: SpoolLogger;
  /** Called after each turn. */
  readonly changed: () => void;
};

export type Flusher = {
  /** Brings to the disk what is not there; soon, and together with whatever else comes until then. */
  wake(): void;
  /** What has changed by now is to be in both cursor slots. */
  confirm(): void;
  /** A batch was acknowledged. */
  acknowledged(): void;
  /** Until there is nothing to do, or only what has to wait. */
  idle(): Promise<void>;
  /** Why the cursor could not be written last time. */
  cursorFailure(): NodeJS.ErrnoException | undefined;
  errors(): number;
  countError(): void;
  isDurable(): boolean;
  stop(): Promise<void>;
};

export function createFlusher(options: FlusherOptions): Flusher {
  const { files, ledger, lanes, holdings, cursor, maxBytes, segmentBytes, clock, logger } = options;
  let errors = 0;
  let running: Promise<void> | undefined;
  let hung = false;
  let stopped = false;
  /** Version of the ledger that both slots, or one of them, are to have. */
  let wantedByBoth = 0;
  let wantedByOne = 0;
  let cursorFailure: NodeJS.ErrnoException | undefined;
  let cursorStalled = false;
  let removalStalled = false;
  let cancelRetry: (() => void) | undefined;
  let cancelAcknowledge: (() => void) | undefined;

  const wantsCursor = () =>
    !cursorStalled && (cursor.confirmed().version < wantedByBoth || cursor.written() < wantedByOne);
  /** A lane that failed tries again with nothing too, as health must tell when the disk is well. */
  const writable = () =>
    options.isFounded()
      ? lanes.filter(({ pending, failures, stalled }) => !stalled && (pending.length > 0 || failures > 0))
      : [];
  const settled = (): readonly { lane: Lane; segment: Segment }[] =>
    lanes.flatMap((lane) =>
      lane.segments
        .filter((segment) => segment.waiting === 0 && !lane.isOpen(segment))
        .map((segment) => ({ lane, segment })),
    );
  /** A segment goes when both slots know that nothing in it is waited for. */
  const removable = () =>
    removalStalled ? [] : settled().filter(({ segment }) => segment.settledVersion <= cursor.confirmed().version);
  const hasWork = () => wantsCursor() || writable().length > 0 || removable().length > 0;
  const bytesOnDisk = () => lanes.flatMap((lane) => lane.segments).reduce((sum, { bytes }) => sum + bytes, 0);

  function confirm(): void {
    wantedByBoth = ledger.version();
    wake();
  }

  function wake(): void {
    if (running || stopped) return;
    running = new Promise<void>((resolve) => setImmediate(resolve))
      .then(work)
      .catch(survive)
      .then(() => {
        running = undefined;
        if (hasWork()) wake();
      });
  }

  /** Nothing above should throw; if it does, the agent goes on, and this does not spin. */
  function survive(error: unknown): void {
    errors++;
    logger.error({ reason: (error as Error).message }, 'the spool failed; it tries again');
    cursorStalled = true;
    removalStalled = true;
    for (const lane of lanes) lane.stalled = true;
    retryLater();
  }

  async function work(): Promise<void> {
    while (hasWork()) {
      const cancel = clock.afterMs(HUNG_MS, () => {
        hung = true;
      });
      await turn();
      cancel();
      hung = false;
      options.changed();
    }
  }

  /** Everything once: batches into their segments, the cursor, then both to the disk at the same time. */
  async function turn(): Promise<void> {
    const syncs: Promise<void>[] = [];
    const full: Lane[] = [];
    const fail = (lane: Lane, error: NodeJS.ErrnoException) => {
      if (FULL.has(error.code ?? '')) full.push(lane);
      failed(lane, error);
    };
    for (const lane of writable()) {
      try {
        await makeRoom(lane);
        if (lane.pending.length === 0 && lane.failures === 0) continue;
        const sync = await lane.write();
        wantedByOne = ledger.version();
        syncs.push(
          sync().then(
            (entries) => succeeded(lane, entries),
            (error) => fail(lane, error),
          ),
        );
      } catch (error) {
        fail(lane, error as NodeJS.ErrnoException);
      }
    }
    await Promise.all([writeCursor(), ...syncs]);
    for (const lane of full) await giveUpForWorthier(lane);
    await sealSpent();
    await removeSettled();
  }

  function succeeded(lane: Lane, entries: Parameters<Holdings['keep']>[0]): void {
    if (lane.failures > 0) logger.info({ kind: lane.kind }, 'the spool takes batches again');
    lane.failures = 0;
    holdings.keep(entries, options.areRead());
  }

  function failed(lane: Lane, error: NodeJS.ErrnoException): void {
    errors++;
    lane.failures++;
    if (lane.failures < PATIENCE) return;
    if (lane.failures === PATIENCE) {
      logger.error({ kind: lane.kind, reason: error.message }, 'the spool takes no batches; they wait in memory');
    }
    lane.stalled = true;
    for (const entry of lane.pending) entry.done();
    // They may be sent from memory once their numbers are kept: that needs no room.
    wantedByBoth = ledger.version();
    retryLater();
  }

  async function writeCursor(): Promise<void> {
    if (!wantsCursor()) return;
    try {
      if (!options.isFounded()) await files.makeDirectory();
      const sync = await cursor.write(options.cursorState());
      await sync();
      if (cursorFailure) logger.info({}, 'the cursor of the spool is written again');
      cursorFailure = undefined;
    } catch (error) {
      errors++;
      if (!cursorFailure) logger.error({ reason: (error as Error).message }, 'the cursor of the spool is not written');
      cursorFailure = error as NodeJS.ErrnoException;
      cursorStalled = true;
      retryLater();
    }
  }

  function retryLater(): void {
    cancelRetry ??= clock.afterMs(RETRY_MS, () => {
      cancelRetry = undefined;
      cursorStalled = false;
      removalStalled = false;
      for (const lane of lanes) lane.stalled = false;
      wantedByOne = ledger.version();
      wake();
    });
  }

  /** Within the bound, what is oldest and worth least goes, but nothing worth more than what comes. */
  async function makeRoom(lane: Lane): Promise<void> {
    const needed = lane.nextBytes();
    if (bytesOnDisk() + needed <= maxBytes) return;
    const worthNoMore = lanes.slice(lanes.indexOf(lane)).toReversed();
    const victims = worthNoMore.flatMap(({ segments }) => segments.filter(({ waiting }) => waiting > 0));
    const kept = () => bytesOnDisk() - settled().reduce((sum, { segment }) => sum + segment.bytes, 0);
    for (const victim of victims) {
      if (kept() + needed <= maxBytes) break;
      await giveUp(victim);
    }
    if (kept() + needed > maxBytes) {
      while (lane.pending.length > 0 && kept() + lane.nextBytes() > maxBytes) holdings.giveUpPending(lane);
    }
    wantedByBoth = ledger.version();
    while (wantsCursor()) await writeCursor();
    await removeSettled();
    if (bytesOnDisk() + lane.nextBytes() > maxBytes) {
      throw Object.assign(new Error('nothing can be removed from the full spool'), { code: 'EBUSY' });
    }
  }

  async function giveUp(segment: Segment): Promise<void> {
    const lane = lanes.find(({ segments }) => segments.includes(segment))!;
    if (lane.isOpen(segment)) await lane.seal();
    holdings.giveUp(segment);
    logger.warn({ segment: segmentName(segment) }, 'the spool is full; its oldest batches of least worth are given up');
  }

  /** Others have filled the disk: what is worth less goes, one segment for each failure, as others may take the room too. */
  async function giveUpForWorthier(lane: Lane): Promise<void> {
    const lesser = lanes.slice(lanes.indexOf(lane) + 1).toReversed();
    const victim = lesser.flatMap(({ segments }) => segments).find(({ waiting }) => waiting > 0);
    if (!victim) return;
    await giveUp(victim);
    wantedByBoth = ledger.version();
  }

  async function sealSpent(): Promise<void> {
    for (const lane of lanes) {
      const open = lane.segments.find(lane.isOpen);
      if (!open || open.waiting > 0 || open.bytes === SEGMENT_HEADER_BYTES) continue;
      if (open.bytes * WORTH_REMOVING >= segmentBytes) await lane.seal();
    }
  }

  async function removeSettled(): Promise<void> {
    for (const { segment } of settled()) wantedByBoth = Math.max(wantedByBoth, segment.settledVersion);
    for (const { lane, segment } of removable()) {
      try {
        await remove(segment);
        lane.segments = lane.segments.filter((other) => other !== segment);
      } catch {
        errors++;
        removalStalled = true;
        retryLater();
      }
    }
  }

  async function remove(segment: Segment): Promise<void> {
    const name = segmentName(segment);
    try {
      await (segment.damaged ? quarantine(files, name) : files.remove(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  async function idle(): Promise<void> {
    while (running) await running;
  }

  return {
    wake,
    confirm,
    acknowledged() {
      const { version } = cursor.confirmed();
      if (settled().some(({ segment }) => segment.settledVersion > version)) {
        confirm();
        return;
      }
      cancelAcknowledge ??= clock.afterMs(ACKNOWLEDGE_MS, () => {
        cancelAcknowledge = undefined;
        wantedByOne = ledger.version();
        wake();
      });
    },
    idle,
    cursorFailure: () => cursorFailure,
    errors: () => errors,
    countError() {
      errors++;
    },
    isDurable: () => !hung && !cursorFailure && lanes.every(({ failures }) => failures === 0),
    async stop() {
      cancelRetry?.();
      cancelAcknowledge?.();
      cursorStalled = false;
      for (const lane of lanes) lane.stalled = false;
      confirm();
      const hangs = Promise.withResolvers<void>();
      const cancel = clock.afterMs(HUNG_MS, hangs.resolve);
      // A disk that hangs must not keep the agent from stopping.
      await Promise.race([idle(), hangs.promise]);
      cancel();
      stopped = true;
      cancelRetry?.();
      for (const lane of lanes) await lane.seal();
      await cursor.close();
    },
  };
}
