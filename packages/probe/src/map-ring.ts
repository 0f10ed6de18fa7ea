import { loadNative } from './native.ts';
import { orRefuse } from './refuse.ts';
import { createRingReader, type RingReader } from './ring-reader.ts';

/** A ring of an open probe: plain, to be sent to worker threads of the same process. */
export type Ring = { readonly fd: number; readonly bytes: number };

export type MappedRing = {
  readonly reader: RingReader;
  /** Unmaps the ring; the reader throws a TypeError from then on. A second call does nothing. */
  close(): void;
};

/**
 * Maps a ring into the calling thread, which outlives the probe's close. The ring must be open.
 * Throws PROBE_REFUSED if the kernel refuses.
 */
export function mapRing({ fd, bytes }: Ring): MappedRing {
  const native = orRefuse(loadNative);
  const consumerPage = orRefuse(() => native.map(fd, 0, native.pageBytes, true));
  let pages: ArrayBuffer;
  try {
    // The kernel would give the records twice in a row: once more as much resident memory, and no record of ours is ever split.
    pages = orRefuse(() => native.map(fd, native.pageBytes, native.pageBytes + bytes, false));
  } catch (error) {
    native.unmap(consumerPage);
    throw error;
  }
  const reader = createRingReader({
    consumer: new BigInt64Array(consumerPage, 0, 1),
    producer: new Int32Array(pages, 0, 1),
    data: new Int32Array(pages, native.pageBytes),
  });
  return {
    reader,
    close() {
      native.unmap(consumerPage);
      native.unmap(pages);
    },
  };
}
