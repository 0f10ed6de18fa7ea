import { BATCH_RECORDS, type Batch } from './batch.ts';
import { H_AT_MS, ORDER_BITS, S_BLOCK } from './layout.ts';
import { observe } from './observe.ts';
import type { Shard } from './shard.ts';
import { bucketOf, findInChain } from './source-table.ts';

/** What observeMany keeps of a batch: the source of each record, and what it loaded, so that no load is optimised away. */
export type Hints = Int32Array;

export function createHints(): Hints {
  return new Int32Array(BATCH_RECORDS + 1);
}

/**
 * A record waits for three loads from memory that depend on one another: bucket, source, block. Those of different records
 * do not, so they are made for the whole batch first, and the processor makes them at the same time. With 200,000 sources
 * that is half of the time again.
 */
export function observeMany(
  shard: Shard,
  hints: Hints,
  addresses: ArrayLike<number>,
  batch: Batch,
  records: number,
): void {
  const { words } = shard;
  const { sources, destinations, ports, outcomes, processes, times } = batch;
  for (let i = 0; i < records; i++) {
    const at = sources[i]!;
    hints[i] =
      words[
        bucketOf(shard, addresses[at]! | 0, addresses[at + 1]! | 0, addresses[at + 2]! | 0, addresses[at + 3]! | 0, 0)
      ]!;
  }
  let loaded = 0;
  for (let i = 0; i < records; i++) loaded ^= words[(hints[i]! << 4) + 3]!;
  for (let i = 0; i < records; i++) {
    const at = sources[i]!;
    const source = findInChain(
      shard,
      hints[i]!,
      addresses[at]! | 0,
      addresses[at + 1]! | 0,
      addresses[at + 2]! | 0,
      addresses[at + 3]! | 0,
      0,
    );
    hints[i] = source;
    // Of source 0, the header, that is an unused word.
    const block = words[(source << 4) + S_BLOCK]! & ~ORDER_BITS;
    loaded ^= words[block]! ^ words[block + 16]! ^ words[block + 32]!;
  }
  hints[BATCH_RECORDS] = loaded;
  for (let i = 0; i < records; i++) {
    shard.times[H_AT_MS] = times[i]!;
    observe(shard, addresses, sources[i]!, destinations[i]!, ports[i]!, outcomes[i]!, processes[i]!, hints[i]!);
  }
}
