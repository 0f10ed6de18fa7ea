import { writeIpv4 } from '@connscan/model';

/**
 * The row at work: source and destination as eight words, as `Detector.add` takes them; its port, and its outcome in the third
 * byte; and a number that stands for the agent that told it.
 */
type VisitRow = (words: Int32Array, kind: number, atMs: number, sensor: number) => void;

/** Reads the bytes that sightingsCopy asks for, however they are cut. */
export type CopyReader = { write(chunk: Uint8Array): void };

/** Before the rows: a signature of 11 bytes, flags, the length of an extension that there is none of; one field, and its length. */
const HEAD_BYTES = 11 + 4 + 4 + 2 + 4;

/** Family, bits, whether it is a range and how many bytes come: before the bytes of an address. */
const INET_HEAD_BYTES = 4;
const IPV4_BYTES = 8;

/** Behind the addresses: the time, and sensor, outcome and port. */
const TAIL_BYTES = 8 + 8;

/** Of a row of two IPv6 addresses: none is longer. */
const MOST_ROW_BYTES = 2 * (INET_HEAD_BYTES + 16) + TAIL_BYTES;

/** PostgreSQL counts from 2000. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const HIGH = 2 ** 32;

/** Makes no object of a row: the words are the same each time. */
export function createCopyReader(onRow: VisitRow): CopyReader {
  const words = new Int32Array(8);
  /** What was left of a chunk: a row that was cut, or the head. */
  let kept = new Uint8Array(0);
  /** Bytes of rows to come; undefined before the head. */
  let left: number | undefined;

  /** Reads what is whole; returns where the rest begins. */
  function read(bytes: Uint8Array): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    if (left === undefined) {
      if (bytes.length < HEAD_BYTES) return 0;
      // Of no rows the field is null, and its length -1.
      left = Math.max(0, view.getInt32(HEAD_BYTES - 4));
      at = HEAD_BYTES;
    }
    const end = Math.min(bytes.length, at + left);
    const begun = at;
    // The last rows may be shorter than this: they are looked at more closely.
    while (at + MOST_ROW_BYTES <= end) at = readRow(view, at);
    while (at < end && at + rowBytes(view, at, end) <= end) at = readRow(view, at);
    left -= at - begun;
    // What comes behind the field says nothing.
    return left === 0 ? bytes.length : at;
  }

  function readRow(view: DataView, row: number): number {
    const at = readAddress(view, readAddress(view, row, 0), 4);
    const microseconds = view.getInt32(at) * HIGH + view.getUint32(at + 4);
    const low = view.getInt32(at + 12);
    const sensor = (view.getInt32(at + 8) << 8) | (low >>> 24);
    onRow(words, low & 0xff_ffff, EPOCH_MS + microseconds / 1000, sensor);
    return at + TAIL_BYTES;
  }

  function readAddress(view: DataView, at: number, place: number): number {
    // The words hold the bytes in the order of the network, as a little-endian machine reads them.
    if (view.getUint8(at + 3) === 4) {
      writeIpv4(words, place, view.getInt32(at + INET_HEAD_BYTES, true));
      return at + IPV4_BYTES;
    }
    for (let i = 0; i < 4; i++) words[place + i] = view.getInt32(at + INET_HEAD_BYTES + i * 4, true);
    return at + INET_HEAD_BYTES + 16;
  }

  return {
    write(chunk) {
      if (kept.length === 0) {
        kept = chunk.slice(read(chunk));
        return;
      }
      const joined = new Uint8Array(kept.length + chunk.length);
      joined.set(kept);
      joined.set(chunk, kept.length);
      kept = joined.slice(read(joined));
    },
  };
}

/** Bytes of the row at a place; more than there are, if its head is not there. */
function rowBytes(view: DataView, row: number, end: number): number {
  if (row + INET_HEAD_BYTES > end) return MOST_ROW_BYTES;
  const destination = row + INET_HEAD_BYTES + view.getUint8(row + 3);
  if (destination + INET_HEAD_BYTES > end) return MOST_ROW_BYTES;
  return destination + INET_HEAD_BYTES + view.getUint8(destination + 3) + TAIL_BYTES - row;
}
