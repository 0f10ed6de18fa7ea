import type { BatchKind } from '@connscan/wire';
import type { Ledger } from './ledger.ts';
import {
  encodeRecord,
  encodeSegmentHeader,
  RECORD_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  type SpoolRecord,
  segmentKey,
} from './record-format.ts';
import { createSegment, indexRecord, type Segment, segmentName } from './segment.ts';
import type { SpoolFile, SpoolFiles } from './spool-files.ts';
import { writeWhole } from './whole.ts';

/** A batch that is not on disk; `done` resolves its append, to its number once it is. */
export type Entry = SpoolRecord & { readonly done: (seq?: number) => void };

export type LaneOptions = {
  readonly kind: BatchKind;
  readonly files: SpoolFiles;
  readonly ledger: Ledger;
  readonly segmentBytes: number;
  /** Gives the number of a new segment, one that no file ever had. */
  readonly takeNumber: () => number;
};

/** All batches of one kind: in segments, the last of which may be open, then in memory. Only one call at a time. */
export type Lane = {
  readonly kind: BatchKind;
  /** In the order of their numbers. */
  segments: Segment[];
  pending: Entry[];
  /** Failures since the last success. */
  failures: number;
  /** Waits for the next try. */
  stalled: boolean;
  isOpen(segment: Segment): boolean;
  /** Bytes that the next `write` adds. */
  nextBytes(): number;
  /**
   * Writes as many pending batches as go into one segment. What it returns makes them durable and moves them there; it
   * returns those that were not settled meanwhile.
   */
  write(): Promise<() => Promise<readonly Entry[]>>;
  /** Ends the open segment. */
  seal(): Promise<void>;
};

export function createLane({ kind, files, ledger, segmentBytes, takeNumber }: LaneOptions): Lane {
  let open: { readonly segment: Segment; readonly file: SpoolFile; readonly key: number } | undefined;

  /** Whole on the disk, with its name, before anything in it is acknowledged. */
  async function begin(): Promise<NonNullable<typeof open>> {
    const segment = createSegment(takeNumber(), kind, SEGMENT_HEADER_BYTES, -1);
    const file = await files.create(segmentName(segment));
    lane.segments.push(segment);
    open = { segment, file, key: segmentKey(ledger.epoch, segment.number) };
    await writeWhole(file, encodeSegmentHeader(ledger.epoch, segment.number), 0);
    await file.sync();
    await files.syncDirectory();
    return open;
  }

  async function seal(): Promise<void> {
    const file = open?.file;
    open = undefined;
    // What is in it is on the disk already.
    await file?.close().catch(() => {});
  }

  /** As many as go behind `bytes`, one at least into an empty segment. */
  function fitting(bytes: number): Entry[] {
    let end = bytes;
    const count = lane.pending.findIndex((entry, i) => {
      end += recordBytes(entry);
      return end > segmentBytes && (i > 0 || bytes > SEGMENT_HEADER_BYTES);
    });
    return count < 0 ? lane.pending.slice() : lane.pending.slice(0, count);
  }

  async function write(): Promise<() => Promise<readonly Entry[]>> {
    if (open && fitting(open.segment.bytes).length === 0) await seal();
    const { segment, file, key } = open ?? (await begin());
    const entries = fitting(segment.bytes);
    const records = entries.map((entry) => encodeRecord(entry, key));
    const bytes = Buffer.concat(records);
    let start = segment.bytes;
    segment.bytes += bytes.length;
    await writeWhole(file, bytes, start);
    return async () => {
      await file.sync();
      for (const [i, entry] of entries.entries()) {
        indexRecord(segment, entry, start, ledger);
        start += records[i]!.length;
      }
      if (segment.waiting === 0) segment.settledVersion = ledger.version();
      const moved = new Set(entries);
      const kept = lane.pending.filter((entry) => moved.has(entry));
      lane.pending = lane.pending.filter((entry) => !moved.has(entry));
      return kept;
    };
  }

  /** After a failure the handle is not trusted again: what it may not have written goes into another segment. */
  async function guarded<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      await seal();
      throw error;
    }
  }

  const lane: Lane = {
    kind,
    segments: [],
    pending: [],
    failures: 0,
    stalled: false,
    isOpen: (segment) => segment === open?.segment,
    nextBytes() {
      const bytes = open?.segment.bytes ?? SEGMENT_HEADER_BYTES;
      const into = fitting(bytes);
      const entries = into.length > 0 ? into : fitting(SEGMENT_HEADER_BYTES);
      const header = open && into.length > 0 ? 0 : SEGMENT_HEADER_BYTES;
      return entries.reduce((sum, entry) => sum + recordBytes(entry), header);
    },
    write: () =>
      guarded(async () => {
        const sync = await write();
        return () => guarded(sync);
      }),
    seal,
  };
  return lane;
}

function recordBytes({ payload }: SpoolRecord): number {
  return RECORD_HEADER_BYTES + payload.length;
}
