import { decodeRecord, recordLength, SEGMENT_HEADER_BYTES, type SpoolRecord } from './record-format.ts';

export type Scan = {
  /** In ascending order of their numbers. */
  readonly records: readonly (SpoolRecord & { readonly start: number })[];
  /** Whether a whole record comes after bytes that are none: that is more than a last write cut short. */
  readonly damaged: boolean;
};

/** Bytes that the search for the next whole record may sum, per byte of the segment: damage must not stop a start. */
const SEARCH_FACTOR = 4;

/** Every whole record of a segment; after a damaged place it goes on with the next one. Payloads are views. */
export function scanRecords(bytes: Buffer, key: number): Scan {
  const records: (SpoolRecord & { readonly start: number })[] = [];
  let damaged = false;
  let searching = false;
  let left = SEARCH_FACTOR * bytes.length;
  let lastSeq = 0;
  for (let start = SEGMENT_HEADER_BYTES; start < bytes.length && left > 0; ) {
    const length = recordLength(bytes, start);
    const record = length && decodeRecord(bytes.subarray(start, start + length), key);
    if (searching) left -= length ?? 0;
    if (!record || record.seq <= lastSeq) {
      searching = true;
      start++;
      continue;
    }
    damaged ||= searching;
    searching = false;
    lastSeq = record.seq;
    records.push({ ...record, start });
    start += length!;
  }
  return { records, damaged };
}
