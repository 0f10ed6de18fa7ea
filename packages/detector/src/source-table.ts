import { hsiphash4 } from './hsiphash.ts';
import {
  CHAIN,
  E_LAST_TIME,
  H_ADVANCED_MS,
  H_DIRTY_FIRST,
  H_DIRTY_LAST,
  H_SOURCE_POOL,
  S_DIRTY_NEXT,
  S_DIRTY_PREV,
  S_EPISODE,
  S_LIVE_HALF,
  S_NEWEST,
  S_OLDEST,
  S_SHED_TIME,
} from './layout.ts';
import { chain, giveLine, takeLine, unchain } from './pool.ts';
import type { Shard } from './shard.ts';

/** The source with this address (four signed words), 0 if the table has none. */
export function findSource(shard: Shard, a: number, b: number, c: number, d: number): number {
  const { words } = shard;
  let source = words[bucketOf(shard, a, b, c, d)]!;
  while (source !== 0) {
    const at = source << 4;
    if (words[at + 3] === d && words[at + 2] === c && words[at + 1] === b && words[at] === a) return source;
    source = words[at + CHAIN]!;
  }
  return 0;
}

/** The source with the address that a record begins with, 0 if the table has none. */
export function findSourceOf(shard: Shard, line: number): number {
  const { words } = shard;
  const at = line << 4;
  return findSource(shard, words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
}

/** Adds a source; 0 if the table is full. */
export function addSource(shard: Shard, a: number, b: number, c: number, d: number): number {
  const { words, halves, times } = shard;
  const source = takeLine(shard, H_SOURCE_POOL, shard.entriesFrom, 1);
  if (source === 0) return 0;
  const at = source << 4;
  words.fill(0, at + 4, at + 16);
  words[at] = a;
  words[at + 1] = b;
  words[at + 2] = c;
  words[at + 3] = d;
  times[(source << 3) + S_SHED_TIME] = Number.NEGATIVE_INFINITY;
  halves[(source << 5) + S_LIVE_HALF] = 1;
  chain(shard, bucketOf(shard, a, b, c, d), source);
  return source;
}

/** Forgets a source that has no entry and no open episode left, and nothing untold. */
export function removeSource(shard: Shard, source: number): void {
  shard.halves[(source << 5) + S_LIVE_HALF] = 0;
  unchain(shard, sourceBucket(shard, source), source);
  giveLine(shard, H_SOURCE_POOL, source);
}

/** Whether nothing is known of a source any more. */
export function isIdle(shard: Shard, source: number): boolean {
  return shard.words[(source << 4) + S_OLDEST] === 0 && shard.words[(source << 4) + S_EPISODE] === 0;
}

/** The bucket that a source's chain begins in. */
export function sourceBucket(shard: Shard, source: number): number {
  const { words } = shard;
  const at = source << 4;
  return bucketOf(shard, words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
}

function bucketOf(shard: Shard, a: number, b: number, c: number, d: number): number {
  return shard.sourceBuckets + (hsiphash4(shard.key0, shard.key1, a, b, c, d) & shard.sourceMask);
}

/**
 * The time of a source: the latest of its own records, and of `advance`. The records of other sources do not move it,
 * so that a source is judged the same however sources are divided into shards.
 */
export function clockOf(shard: Shard, source: number): number {
  const newest = shard.words[(source << 4) + S_NEWEST]!;
  const advancedMs = shard.times[H_ADVANCED_MS]!;
  // The header is line 0, and its word of that place is unused: 0.
  return Math.max(advancedMs, shard.times[(newest << 3) + E_LAST_TIME]!);
}

/** Puts a source at the end of the queue of those with something untold. */
export function queueSource(shard: Shard, source: number): void {
  const { words } = shard;
  const last = words[H_DIRTY_LAST]!;
  words[(source << 4) + S_DIRTY_PREV] = last;
  words[(source << 4) + S_DIRTY_NEXT] = 0;
  words[last === 0 ? H_DIRTY_FIRST : (last << 4) + S_DIRTY_NEXT] = source;
  words[H_DIRTY_LAST] = source;
}

/** Takes a source out of the queue of those with something untold. */
export function unqueueSource(shard: Shard, source: number): void {
  const { words } = shard;
  const next = words[(source << 4) + S_DIRTY_NEXT]!;
  const prev = words[(source << 4) + S_DIRTY_PREV]!;
  words[prev === 0 ? H_DIRTY_FIRST : (prev << 4) + S_DIRTY_NEXT] = next;
  words[next === 0 ? H_DIRTY_LAST : (next << 4) + S_DIRTY_PREV] = prev;
}
