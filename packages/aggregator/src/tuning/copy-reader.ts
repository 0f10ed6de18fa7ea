import type { VisitSighting } from './sighting-columns.ts';

/** Reads the bytes of `COPY … TO STDOUT (FORMAT binary)` of sightings, however they are cut. */
export type CopyReader = { write(chunk: Uint8Array): void };

/** Before the first row: a signature of 11 bytes, flags, and the length of an extension that there is none of. */
const HEADER_BYTES = 19;

/** In the place of a row's number of fields: there are no more. */
const END = -1;
const FIELDS = 6;

/** Bytes of a row of two IPv6 addresses, each field with its length before it: none is longer. */
const MOST_ROW_BYTES = 2 + 2 * (4 + 20) + (4 + 4) + (4 + 2) + (4 + 8) + (4 + 4);

/** Of an address: family, bits, whether it is a range, and its length; then come its bytes. */
const INET_HEAD_BYTES = 4;
const MAPPED = 0xffff_0000 | 0;

/** PostgreSQL counts from 2000. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const HIGH = 2 ** 32;

/** Makes no object of a row: the words are the same each time. */
export function createCopyReader(onRow: VisitSighting): CopyReader {
  const words = new Int32Array(8);
  const kept = new Uint8Array(HEADER_BYTES + MOST_ROW_BYTES);
  let keptBytes = 0;
  let begun = false;
  let ended = false;

  /** Reads the rows that are whole; returns where the next one begins. */
  function readRows(bytes: Uint8Array): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    if (!begun) {
      if (bytes.length < HEADER_BYTES) return 0;
      begun = true;
      at = HEADER_BYTES;
    }
    while (!ended && at + 2 <= bytes.length) {
      if (view.getInt16(at) === END) {
        ended = true;
        return bytes.length;
      }
      const next = endOfRow(view, at);
      if (next > bytes.length) break;
      readRow(view, at);
      at = next;
    }
    return at;
  }

  function readRow(view: DataView, row: number): void {
    let at = readAddress(view, row + 2, 0);
    at = readAddress(view, at, 4);
    const port = view.getInt32(at + 4);
    const outcome = view.getInt16(at + 12);
    const microseconds = view.getInt32(at + 18) * HIGH + view.getUint32(at + 22);
    onRow(words, port, outcome, EPOCH_MS + microseconds / 1000, view.getInt32(at + 30));
  }

  function readAddress(view: DataView, field: number, place: number): number {
    const bytes = view.getInt32(field) - INET_HEAD_BYTES;
    const at = field + 4 + INET_HEAD_BYTES;
    // The words hold the bytes in the order of the network, as a little-endian machine reads them.
    if (bytes === 4) {
      words[place] = 0;
      words[place + 1] = 0;
      words[place + 2] = MAPPED;
      words[place + 3] = view.getInt32(at, true);
    } else {
      for (let i = 0; i < 4; i++) words[place + i] = view.getInt32(at + i * 4, true);
    }
    return at + bytes;
  }

  return {
    write(chunk) {
      let from = 0;
      // A row that was cut: what there is of it goes before as much as could be the rest.
      while (keptBytes > 0 && from < chunk.length) {
        const taken = Math.min(chunk.length - from, kept.length - keptBytes);
        kept.set(chunk.subarray(from, from + taken), keptBytes);
        const before = keptBytes;
        const read = readRows(kept.subarray(0, before + taken));
        if (read >= before) {
          from += read - before;
          keptBytes = 0;
        } else {
          keptBytes = before + taken - read;
          kept.copyWithin(0, read, before + taken);
          from += taken;
        }
      }
      if (from === chunk.length) return;
      const rest = chunk.subarray(from);
      const read = readRows(rest);
      keptBytes = rest.length - read;
      kept.set(rest.subarray(read));
    },
  };
}

/** Where the row ends; beyond the view if that is not known yet. */
function endOfRow(view: DataView, row: number): number {
  let at = row + 2;
  for (let field = 0; field < FIELDS; field++) {
    if (at + 4 > view.byteLength) return view.byteLength + 1;
    at += 4 + view.getInt32(at);
  }
  return at;
}
