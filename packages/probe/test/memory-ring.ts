import { RECORD_BYTES } from '../src/record.ts';
import type { RingPages } from '../src/ring-reader.ts';

export const BUSY = 1 << 31;
export const DISCARD = 1 << 30;

export type MemoryRing = {
  readonly pages: RingPages;
  /** Writes as the kernel does; false if the ring is full. Returns where the header lies, to change it later. */
  push(first: number, header?: number): number | false;
  /** Rewrites a header. */
  setHeader(at: number, header: number): void;
  /** Gives the reader once more what the ring holds, as far as the kernel would fill it. */
  replay(): void;
};

/** A ring in ordinary memory that starts at any position. `push` fills the first word of a record. */
export function createMemoryRing(bytes: number, position = 0n): MemoryRing {
  const consumer = BigInt64Array.of(position);
  const positions = BigInt64Array.of(position);
  const producer = new Int32Array(positions.buffer);
  const data = new Int32Array(bytes / 4);

  function write(word: number, value: number): void {
    data[word % data.length] = value;
  }

  return {
    pages: { consumer, producer, data },
    push(first, header = RECORD_BYTES) {
      const size = ((header & (DISCARD - 1)) + 8 + 7) & ~7;
      // The kernel never fills the last byte.
      if (positions[0]! + BigInt(size) - consumer[0]! >= BigInt(bytes)) return false;
      const at = Number(positions[0]! & BigInt(bytes - 1)) / 4;
      write(at, header);
      write(at + 2, first);
      positions[0]! += BigInt(size);
      return at;
    },
    setHeader: write,
    replay() {
      positions[0]! += BigInt(bytes - 64);
    },
  };
}
