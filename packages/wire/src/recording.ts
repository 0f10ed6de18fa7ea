import { ConnscanError } from '@connscan/model';

/**
 * A recording is a file of the probe's records as they were in the ring: this header, then records of `recordBytes` each,
 * in the order in which they were read. Numbers are little-endian.
 *
 *     0 magic "CSREC" | 5 version | 6 record bytes u16 | 8 wall-clock minus boot-clock time in ms, f64
 */
export const RECORDING_HEADER_BYTES = 16;

/** What every recording begins with. */
export const RECORDING_MAGIC = 'CSREC';
const VERSION = 1;

export type RecordingHeader = {
  readonly recordBytes: number;
  /** What makes wall-clock time of a record's boot-clock time, in milliseconds. */
  readonly wallOffsetMs: number;
};

export function encodeRecordingHeader({ recordBytes, wallOffsetMs }: RecordingHeader): Uint8Array {
  const header = Buffer.alloc(RECORDING_HEADER_BYTES);
  header.write(RECORDING_MAGIC, 'latin1');
  header.writeUInt8(VERSION, 5);
  header.writeUInt16LE(recordBytes, 6);
  header.writeDoubleLE(wallOffsetMs, 8);
  return header;
}

/** Throws BAD_PAYLOAD, naming what is wrong, unless the bytes begin with the header of a recording that can be read. */
export function decodeRecordingHeader(bytes: Uint8Array): RecordingHeader {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.length < RECORDING_HEADER_BYTES || header.toString('latin1', 0, 5) !== RECORDING_MAGIC) {
    throw new ConnscanError('BAD_PAYLOAD', `recording: must begin with ${RECORDING_MAGIC}`);
  }
  const version = header.readUInt8(5);
  if (version !== VERSION) {
    throw new ConnscanError('BAD_PAYLOAD', `recording: version ${version} is unknown, this program reads ${VERSION}`);
  }
  return { recordBytes: header.readUInt16LE(6), wallOffsetMs: header.readDoubleLE(8) };
}
