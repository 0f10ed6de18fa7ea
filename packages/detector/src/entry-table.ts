import { hsiphash6 } from './hsiphash.ts';
import {
  CHAIN,
  E_CONNECTIONS,
  E_LAST_TIME,
  E_META,
  E_SOURCE,
  E_STAY_MS,
  E_UNTOLD,
  E_UNTOLD_MS,
  H_ENTRY_POOL,
  META_KEY,
  META_LIVE,
} from './layout.ts';
import { chain, giveLine, takeLine, unchain } from './pool.ts';
import type { Shard } from './shard.ts';

/** The entry of a source for a destination (four signed words) and a key of port and class; 0 if there is none. */
export function findEntry(
  shard: Shard,
  source: number,
  a: number,
  b: number,
  c: number,
  d: number,
  key: number,
): number {
  const { words } = shard;
  let entry = words[bucketOf(shard, source, a, b, c, d, key)]!;
  while (entry !== 0) {
    const at = entry << 4;
    if (
      words[at + E_SOURCE] === source &&
      (words[at + E_META]! & META_KEY) === key &&
      words[at + 3] === d &&
      words[at + 2] === c &&
      words[at + 1] === b &&
      words[at] === a
    ) {
      return entry;
    }
    entry = words[at + CHAIN]!;
  }
  return 0;
}

/** Adds an entry, in no list yet; 0 if the table is full. */
export function addEntry(
  shard: Shard,
  source: number,
  a: number,
  b: number,
  c: number,
  d: number,
  meta: number,
  atMs: number,
): number {
  const { words, times } = shard;
  const entry = takeLine(shard, H_ENTRY_POOL, shard.episodesFrom, 1);
  if (entry === 0) return 0;
  const at = entry << 4;
  words[at] = a;
  words[at + 1] = b;
  words[at + 2] = c;
  words[at + 3] = d;
  words[at + E_SOURCE] = source;
  words[at + E_CONNECTIONS] = 0;
  words[at + E_UNTOLD] = 0;
  words[at + E_STAY_MS] = 0;
  words[at + E_UNTOLD_MS] = 0;
  times[(entry << 3) + E_LAST_TIME] = atMs;
  // Last, so that a worker's death leaves either a whole entry or none.
  words[at + E_META] = meta | META_LIVE;
  chain(shard, bucketOf(shard, source, a, b, c, d, meta & META_KEY), entry);
  return entry;
}

/** Forgets an entry that is in no list any more. */
export function removeEntry(shard: Shard, entry: number): void {
  const bucket = entryBucket(shard, entry);
  shard.words[(entry << 4) + E_META]! &= ~META_LIVE;
  unchain(shard, bucket, entry);
  giveLine(shard, H_ENTRY_POOL, entry);
}

/** The bucket that an entry's chain begins in. */
export function entryBucket(shard: Shard, entry: number): number {
  const { words } = shard;
  const at = entry << 4;
  const key = words[at + E_META]! & META_KEY;
  return bucketOf(shard, words[at + E_SOURCE]!, words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!, key);
}

function bucketOf(shard: Shard, source: number, a: number, b: number, c: number, d: number, key: number): number {
  return shard.entryBuckets + (hsiphash6(shard.key0, shard.key1, source, a, b, c, d, key) & shard.entryMask);
}
