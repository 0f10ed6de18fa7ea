import { RECORD_BYTES, type Words } from './record.ts';

/** The pages of a BPF ring buffer, as the kernel lays them out for user space. */
export type RingPages = {
  /** The consumer position, the only word that user space may write. */
  readonly consumer: BigInt64Array;
  readonly producer: Int32Array;
  /** The records: slots of 64 bytes, a power of two of them, so that none is ever split. */
  readonly data: Int32Array;
};

/** Called with the index in `words` of a record's first word; the record is gone when it returns. */
export type Visit = (at: number) => void;

export type RingReader = {
  /** The ring's memory, for the functions of record.ts. The pages are read-only: writing to them kills the process. */
  readonly words: Words;
  /** Whether the kernel has written since the last drain, be it only an unfinished record. */
  hasData(): boolean;
  /**
   * Visits the records in the order they were written, at most `limit`, and gives their place back to the kernel at the
   * end, after `visited` was called. Returns how many. If one of them throws, nothing is given back and the next drain
   * visits the same records. Any thread may drain, one at a time: the position is kept in the ring.
   */
  drain(visit: Visit, limit: number, visited?: () => void): number;
  /** Records taken from the ring since it was made, by whichever thread: exact also where a thread died. */
  taken(): number;
  /** Records of a foreign length, and those split by them, skipped. Always 0 unless the probe is of another version. */
  malformed(): number;
};

const HEADER_BYTES = 8;

/** What a record takes in the ring. */
export const SLOT_BYTES = HEADER_BYTES + RECORD_BYTES;
const BUSY = 1 << 31;
const DISCARD = 1 << 30;
const LENGTH = DISCARD - 1;

/** x86-64 never moves a load before an earlier one, and Atomics.load costs 10 ns of the 15 that a bare record takes. */
const LOADS_ARE_ORDERED = process.arch === 'x64';

/**
 * A reader of a ring that allocates nothing per record. Positions are 64 bits wide and only ever grow; offsets and
 * distances need their low 32 alone, as a ring is smaller than 4 GiB.
 */
export function createRingReader({ consumer, producer, data }: RingPages): RingReader {
  const consumerWords = new Int32Array(consumer.buffer, consumer.byteOffset, 2);
  const mask = data.byteLength - 1;
  const lastHeader = data.length - SLOT_BYTES / 4;
  let malformed = 0;

  function drain(visit: Visit, limit: number, visited?: () => void): number {
    const start = Atomics.load(consumerWords, 0);
    const available = (Atomics.load(producer, 0) - start) >>> 0;
    let taken = 0;
    let records = 0;
    while (taken < available && records < limit) {
      const header = ((start + taken) & mask) >>> 2;
      // Ordered, as the kernel writes the record first and clears the busy bit last.
      const word = LOADS_ARE_ORDERED ? data[header]! : Atomics.load(data, header);
      if (word & BUSY) break;
      const length = word & LENGTH;
      if ((word & DISCARD) === 0) {
        // Behind one of a foreign length, some are split after all.
        if (length === RECORD_BYTES && header <= lastHeader) {
          visit(header + 2);
          records++;
        } else {
          malformed++;
        }
      }
      // Clamped, so that a damaged length cannot lead past what the kernel has written.
      taken = Math.min(taken + ((length + HEADER_BYTES + 7) & ~7), available);
    }
    visited?.();
    if (taken > 0) advance(taken);
    return records;
  }

  // One store of all 64 bits: between two halves the kernel would see a position from elsewhere and refuse to write.
  // A number counts the bytes exactly up to 2⁵³, which is four years at a million records a second.
  function advance(bytes: number): void {
    Atomics.store(consumer, 0, BigInt(position() + bytes));
  }

  function position(): number {
    return (consumerWords[0]! >>> 0) + (consumerWords[1]! >>> 0) * 2 ** 32;
  }

  return {
    words: data,
    hasData: () => Atomics.load(producer, 0) !== Atomics.load(consumerWords, 0),
    drain,
    // The probe gives up no place that it has reserved, so every record is one line.
    taken: () => Number(Atomics.load(consumer, 0)) / SLOT_BYTES,
    malformed: () => malformed,
  };
}
