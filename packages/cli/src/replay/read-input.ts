import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** What names standard input. */
export const STDIN = '-';

const CHUNK_BYTES = 2 ** 20;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

export type Chunks = AsyncIterable<Buffer>;

/** The bytes of a file or of standard input, unpacked if they begin as gzip does. Throws what the reading fails with. */
export async function readInput(file: string): Promise<Chunks> {
  const stream = file === STDIN ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const { head, chunks } = await peek(stream, GZIP_MAGIC.length);
  if (!head.equals(GZIP_MAGIC)) return chunks;
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  // A failure of either is thrown by what reads the result.
  pipeline(Readable.from(chunks), unpacked, () => {});
  return unpacked;
}

/** The first bytes, fewer only if there are no more, and all of the chunks. */
export async function peek(source: Chunks, bytes: number): Promise<{ readonly head: Buffer; readonly chunks: Chunks }> {
  const iterator = source[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  while (first.length < bytes) {
    const { done, value } = await iterator.next();
    if (done) break;
    first = Buffer.concat([first, value]);
  }
  async function* all() {
    yield first;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { head: first.subarray(0, bytes), chunks: all() };
}
