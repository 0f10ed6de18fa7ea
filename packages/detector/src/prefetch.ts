import { ORDER_BITS, S_BLOCK } from './layout.ts';
import type { Shard } from './shard.ts';
import { bucketOf } from './source-table.ts';

/** Records that prefetch looks at together. */
export const PREFETCH_RECORDS = 32;

/**
 * Loads what the records at these places will touch. Each of them waits for two or three loads from memory that depend on one
 * another; those of different records do not, so the processor makes them at the same time.
 */
export function createPrefetch(shard: Shard) {
  const { words } = shard;
  const found = new Int32Array(PREFETCH_RECORDS);
  return (addresses: ArrayLike<number>, places: ArrayLike<number>, records: number): number => {
    let loaded = 0;
    for (let i = 0; i < records; i++) {
      const at = places[i]!;
      found[i] =
        words[
          bucketOf(shard, addresses[at]! | 0, addresses[at + 1]! | 0, addresses[at + 2]! | 0, addresses[at + 3]! | 0, 0)
        ]!;
    }
    for (let i = 0; i < records; i++) found[i] = words[(found[i]! << 4) + S_BLOCK]!;
    for (let i = 0; i < records; i++) {
      const block = found[i]! & ~ORDER_BITS;
      loaded += words[block]! + words[block + 16]! + words[block + 32]!;
    }
    return loaded;
  };
}
