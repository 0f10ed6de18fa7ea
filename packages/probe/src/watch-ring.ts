import type { Ring } from './map-ring.ts';
import { loadNative } from './native.ts';
import { orRefuse } from './refuse.ts';
import { type RingReader, SLOT_BYTES } from './ring-reader.ts';

/** A look at a ring that others read. */
export type RingWatch = Pick<RingReader, 'hasData' | 'taken'> & {
  /** A second call does nothing. */
  close(): void;
};

/**
 * Maps the two positions of a ring and none of its records, which would count as resident memory of this process once more.
 * Throws PROBE_REFUSED if the kernel refuses.
 */
export function watchRing({ fd }: Ring): RingWatch {
  const native = orRefuse(loadNative);
  const positions = orRefuse(() => native.map(fd, 0, 2 * native.pageBytes, false));
  const consumer = new BigInt64Array(positions, 0, 1);
  const producer = new BigInt64Array(positions, native.pageBytes, 1);
  return {
    hasData: () => Atomics.load(producer, 0) !== Atomics.load(consumer, 0),
    taken: () => Number(Atomics.load(consumer, 0)) / SLOT_BYTES,
    close: () => native.unmap(positions),
  };
}
