import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentKey } from './record-format.ts';
import { type Scan, scanRecords } from './scan-records.ts';
import type { SpoolFiles } from './spool-files.ts';
import { readWhole } from './whole.ts';

/** A call that failed may do better at once; what fails so often in a row is damaged. */
export const READ_TRIES = 5;

/** No segment is larger; of a file that has grown beyond, the rest is damage. */
const MAX_READ_BYTES = 32 * 2 ** 20;

export type SegmentContent = Scan & {
  /** Of its header, or `epoch` if that is damaged. */
  readonly epoch: string | undefined;
  readonly bytes: number;
};

/** Memory for one segment after the other: new pages for each cost forty times the reading of it. */
export type Scratch = (bytes: number) => Buffer;

export function createScratch(): Scratch {
  let buffer = Buffer.alloc(0);
  return (bytes) => {
    if (buffer.length < bytes) buffer = Buffer.allocUnsafe(bytes);
    return buffer.subarray(0, bytes);
  };
}

/** Reads a whole segment into `scratch`, where the payloads stay; `epoch` is the one expected. Fails with the errno of what failed. */
export async function readSegment(
  files: SpoolFiles,
  name: string,
  number: number,
  epoch: string | undefined,
  scratch: Scratch = Buffer.allocUnsafe,
): Promise<SegmentContent> {
  const { file, bytes } = await files.open(name, 'read');
  try {
    const content = scratch(Math.min(bytes, MAX_READ_BYTES));
    const read = (await readWhole(file, content, 0)) as Buffer;
    const found = decodeSegmentHeader(read, number);
    const believed = found ?? epoch;
    const scan = believed ? scanRecords(read, segmentKey(believed, number)) : { records: [], damaged: false };
    // The header is on the disk before the first record; a file of that size at most may have died in the making.
    const damaged = scan.damaged || (found === undefined && bytes > SEGMENT_HEADER_BYTES) || bytes > MAX_READ_BYTES;
    return { records: scan.records, damaged, epoch: believed, bytes };
  } finally {
    await file.close().catch(() => {});
  }
}
