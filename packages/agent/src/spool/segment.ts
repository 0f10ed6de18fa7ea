import type { BatchKind } from '@connscan/wire';
import type { Ledger } from './ledger.ts';
import { RECORD_HEADER_BYTES, type SpoolRecord } from './record-format.ts';

/** A segment on disk and where its records are: arrays side by side, in ascending order of the numbers. */
export type Segment = {
  readonly number: number;
  readonly kind: BatchKind;
  readonly seqs: number[];
  readonly starts: number[];
  /** Of whole records. */
  readonly lengths: number[];
  readonly rows: number[];
  readonly timesMs: number[];
  /** Of the file. */
  bytes: number;
  /** Records neither acknowledged nor lost. */
  waiting: number;
  /** Version of the ledger in which the last one was settled: it may go when both cursor slots have that. */
  settledVersion: number;
  /** To be quarantined, not removed. */
  damaged: boolean;
};

export function createSegment(number: number, kind: BatchKind, bytes: number, settledVersion: number): Segment {
  const arrays = { seqs: [], starts: [], lengths: [], rows: [], timesMs: [] };
  return { number, kind, ...arrays, bytes, waiting: 0, settledVersion, damaged: false };
}

const NAME = /^(\d{12})-(loss|detections|sightings)\.segment$/;

/** Twelve digits, so that names sort by age. */
export function segmentName({ number, kind }: Pick<Segment, 'number' | 'kind'>): string {
  return `${String(number).padStart(12, '0')}-${kind.toLowerCase()}.segment`;
}

export function parseSegmentName(name: string): { readonly number: number; readonly kind: BatchKind } | undefined {
  const [, number, kind] = NAME.exec(name) ?? [];
  return number && kind ? { number: Number(number), kind: kind.toUpperCase() as BatchKind } : undefined;
}

/** Adds a record that is on disk. */
export function indexRecord(
  segment: Segment,
  record: SpoolRecord,
  start: number,
  ledger: Pick<Ledger, 'isSettled'>,
): void {
  segment.seqs.push(record.seq);
  segment.starts.push(start);
  segment.lengths.push(RECORD_HEADER_BYTES + record.payload.length);
  segment.rows.push(record.rows);
  segment.timesMs.push(record.timeMs);
  if (!ledger.isSettled(record.seq)) segment.waiting++;
}

/** Index of the first record with a number above `seq`. */
export function indexAfter({ seqs }: Segment, seq: number): number {
  let low = 0;
  let high = seqs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (seqs[middle]! <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
