import { crc32 } from 'node:zlib';
import type { BatchKind } from '@connscan/wire';

/*
 * A segment is a header and records, one after the other, numbers big-endian:
 *
 *   header   magic 8 | version 4 | epoch 16 | segment number 6 | CRC of all before 4
 *   record   length 4 | CRC 4 | seq 6 | kind 1 | zero 1 | rows 4 | wall time 6, ms | payload
 *
 * The length is that of the whole record, so that zero is never one: a file system may leave zeros where nothing was
 * written. The CRC begins with epoch and segment number, so that a record left over from another file is none of this one.
 */
const MAGIC = Buffer.from('connspol');
const VERSION = 1;
export const SEGMENT_HEADER_BYTES = 38;
export const RECORD_HEADER_BYTES = 26;

/** The numbers of connscan.proto. */
const KIND_CODES: Record<BatchKind, number> = { DETECTIONS: 1, SIGHTINGS: 2, LOSS: 3 };
const KINDS = new Map(Object.entries(KIND_CODES).map(([kind, code]) => [code, kind as BatchKind]));

/** What CRCs of records in one segment begin with. */
export function segmentKey(epoch: string, number: number): number {
  return crc32(identity(epoch, number));
}

function identity(epoch: string, number: number): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.write(epoch.replaceAll('-', ''), 'hex');
  bytes.writeUIntBE(number, 16, 6);
  return bytes;
}

export function encodeSegmentHeader(epoch: string, number: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32BE(VERSION, 8);
  identity(epoch, number).copy(header, 12);
  header.writeUInt32BE(crc32(header.subarray(0, 34)), 34);
  return header;
}

/** The epoch of a segment; undefined if this is no whole header of the segment with this number. */
export function decodeSegmentHeader(bytes: Buffer, number: number): string | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES) return undefined;
  const [a, b, c, d, e] = [12, 16, 18, 20, 22].map((start, i, all) => bytes.toString('hex', start, all[i + 1] ?? 28));
  const epoch = `${a}-${b}-${c}-${d}-${e}`;
  return encodeSegmentHeader(epoch, number).equals(bytes.subarray(0, SEGMENT_HEADER_BYTES)) ? epoch : undefined;
}

export type SpoolRecord = {
  readonly seq: number;
  readonly kind: BatchKind;
  readonly rows: number;
  readonly timeMs: number;
  readonly payload: Uint8Array;
};

export function encodeRecord({ seq, kind, rows, timeMs, payload }: SpoolRecord, key: number): Buffer {
  const bytes = Buffer.allocUnsafe(RECORD_HEADER_BYTES + payload.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUIntBE(seq, 8, 6);
  bytes.writeUInt8(KIND_CODES[kind], 14);
  bytes.writeUInt8(0, 15);
  bytes.writeUInt32BE(rows, 16);
  bytes.writeUIntBE(timeMs, 20, 6);
  bytes.set(payload, RECORD_HEADER_BYTES);
  bytes.writeUInt32BE(checksum(bytes, key), 4);
  return bytes;
}

/** Length of the record that may begin here; undefined if none can, whatever its CRC. */
export function recordLength(bytes: Buffer, start: number): number | undefined {
  if (start + RECORD_HEADER_BYTES > bytes.length) return undefined;
  const length = bytes.readUInt32BE(start);
  if (length < RECORD_HEADER_BYTES || start + length > bytes.length) return undefined;
  if (bytes[start + 15] !== 0 || !KINDS.has(bytes[start + 14]!)) return undefined;
  return bytes.readUIntBE(start + 8, 6) > 0 ? length : undefined;
}

/** Decodes exactly one record, whose payload is a view; undefined if a byte of it has changed. */
export function decodeRecord(bytes: Buffer, key: number): SpoolRecord | undefined {
  if (recordLength(bytes, 0) !== bytes.length || bytes.readUInt32BE(4) !== checksum(bytes, key)) return undefined;
  return {
    seq: bytes.readUIntBE(8, 6),
    kind: KINDS.get(bytes[14]!)!,
    rows: bytes.readUInt32BE(16),
    timeMs: bytes.readUIntBE(20, 6),
    payload: bytes.subarray(RECORD_HEADER_BYTES),
  };
}

function checksum(record: Buffer, key: number): number {
  return crc32(record.subarray(8), crc32(record.subarray(0, 4), key));
}
