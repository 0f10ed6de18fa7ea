import { promisify } from 'node:util';
import { constants, crc32, zstdCompress, zstdDecompressSync } from 'node:zlib';
import { ConnscanError, type ModelName } from '@connscan/model';

/** What a snapshot is of. It is taken up only where all of this is the same. */
export type SnapshotSubject = {
  readonly model: ModelName;
  readonly shard: number;
  readonly shards: number;
  /** Times in a shard count from this boot. */
  readonly bootId: string;
};

/**
 * A snapshot file is a shard's tables behind this header; numbers are little-endian.
 *
 *     0 magic "CSTAB" | 5 version | 6 shard u16 | 8 shards u16 | 10 unused u16 | 12 CRC-32 of all other bytes, u32
 *     16 boot id, 16 bytes | 32 model, padded with zeros to 32 bytes | 64 tables, zstd
 */
const MAGIC = 'CSTAB';
const VERSION = 1;
const CRC_OFFSET = 12;
const BOOT_OFFSET = 16;
const MODEL_OFFSET = 32;
const HEADER_BYTES = 64;

/** Of empty tables 0.7 MiB become 0.2 KiB, and of 212,000 services 13.5 MiB become 0.5 MiB, in 10 to 22 ms on a busy machine. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const compress = promisify(zstdCompress);

/** The file of a shard's tables; compressed off this thread. */
export async function encodeSnapshot(tables: Uint8Array, subject: SnapshotSubject): Promise<Uint8Array> {
  const file = Buffer.concat([headerOf(subject), await compress(tables, LEVEL)]);
  file.writeUInt32LE(checksumOf(file), CRC_OFFSET);
  return file;
}

/**
 * The tables in a file, `mostBytes` of them at most. Throws BAD_PAYLOAD, naming what is wrong, unless the file is whole, of
 * this version and of this very subject.
 */
export function decodeSnapshot(bytes: Uint8Array, subject: SnapshotSubject, mostBytes: number): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < HEADER_BYTES || file.toString('latin1', 0, MAGIC.length) !== MAGIC) throw bad('is no snapshot');
  const version = file.readUInt8(5);
  if (version !== VERSION) throw bad(`is of version ${version}, this program reads ${VERSION}`);
  if (file.readUInt32LE(CRC_OFFSET) !== checksumOf(file)) throw bad('is damaged');
  const wanted = headerOf(subject);
  const differs = (from: number, to: number) => file.compare(wanted, from, to, from, to) !== 0;
  if (differs(BOOT_OFFSET, MODEL_OFFSET)) throw bad('is of another boot');
  if (differs(6, CRC_OFFSET)) {
    throw bad(
      `is of shard ${file.readUInt16LE(6)} of ${file.readUInt16LE(8)}, wanted ${subject.shard} of ${subject.shards}`,
    );
  }
  if (differs(MODEL_OFFSET, HEADER_BYTES)) throw bad('is of another model');
  return decompress(file.subarray(HEADER_BYTES), mostBytes);
}

function headerOf({ model, shard, shards, bootId }: SnapshotSubject): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeUInt8(VERSION, 5);
  header.writeUInt16LE(shard, 6);
  header.writeUInt16LE(shards, 8);
  header.write(bootId.replaceAll('-', ''), BOOT_OFFSET, 'hex');
  header.write(model, MODEL_OFFSET, 'latin1');
  return header;
}

function checksumOf(file: Buffer): number {
  return crc32(file.subarray(CRC_OFFSET + 4), crc32(file.subarray(0, CRC_OFFSET)));
}

function decompress(bytes: Uint8Array, most: number): Uint8Array {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: most });
  } catch (cause) {
    throw new ConnscanError('BAD_PAYLOAD', 'snapshot: has larger tables than this program', { cause });
  }
}

function bad(what: string): ConnscanError {
  return new ConnscanError('BAD_PAYLOAD', `snapshot: ${what}`);
}
