import {
  CHAIN,
  H_ADVANCED_MS,
  H_DIRTY_FIRST,
  H_DIRTY_LAST,
  H_SOURCE_POOL,
  ORDER_BITS,
  S_BLOCK,
  S_CLOCK_TIME,
  S_DIRTY_NEXT,
  S_DIRTY_PREV,
  S_DUE_TIME,
  S_ENTRIES_HALF,
  S_EPISODE,
  S_FLAGS_HALF,
  S_SHED_TIME,
  S_STARTED_TIME,
  SOURCE_LINES,
  SOURCE_LIVE,
  SOURCE_PREFIX,
  SOURCE_WIDE,
} from '../src/layout.ts';
import { giveBlock } from './arena.ts';
import { hsiphash2, hsiphash5 } from './hsiphash.ts';
import * as limits from './limits.ts';
import { giveLine, takeLine } from './pool.ts';
import { bucketMask, buckets, episodesFrom, halves, key0, key1, times, words } from './tables.ts';
import { unwatchSource } from './watch.ts';

/** The third word of an IPv4 address, in the byte order of the machine. */
const MAPPED = bswap<i32>(0xffff);

/** Whether an address is an IPv4 one. */
export function isIpv4(a: i32, b: i32, c: i32): bool {
  return a === 0 && b === 0 && c === MAPPED;
}

/** The source with this address (four signed words), 0 if the table has none. `prefix` is SOURCE_PREFIX or 0. */
export function findSource(a: i32, b: i32, c: i32, d: i32, prefix: i32): i32 {
  return findInChain(words[bucketOf(a, b, c, d, prefix)], a, b, c, d, prefix);
}

/** The same, from the first source of its bucket on. */
export function findInChain(first: i32, a: i32, b: i32, c: i32, d: i32, prefix: i32): i32 {
  let source = first;
  while (source !== 0 && !isSource(source, a, b, c, d, prefix)) source = words[(source << 4) + CHAIN];
  return source;
}

/** Whether the source on this line has this address. */
export function isSource(source: i32, a: i32, b: i32, c: i32, d: i32, prefix: i32): bool {
  const at = source << 4;
  return (
    words[at + 3] === d &&
    words[at + 2] === c &&
    words[at + 1] === b &&
    words[at] === a &&
    (halves[(source << 5) + S_FLAGS_HALF] & (SOURCE_PREFIX | SOURCE_LIVE)) === (prefix | SOURCE_LIVE)
  );
}

/** Adds a source without a block; 0 if the table is full. */
export function addSource(a: i32, b: i32, c: i32, d: i32, prefix: i32): i32 {
  const source = takeLine(H_SOURCE_POOL, episodesFrom, SOURCE_LINES);
  if (source === 0) return 0;
  const at = source << 4;
  words.fill(0, at + 4, at + SOURCE_LINES * 16);
  words[at] = a;
  words[at + 1] = b;
  words[at + 2] = c;
  words[at + 3] = d;
  const time = source << 3;
  times[time + S_CLOCK_TIME] = times[H_ADVANCED_MS];
  times[time + S_DUE_TIME] = Infinity;
  times[time + S_SHED_TIME] = -Infinity;
  times[time + S_STARTED_TIME] = -1;
  // Last, so that a worker's death leaves either a whole source or none.
  halves[(source << 5) + S_FLAGS_HALF] = SOURCE_LIVE | prefix | (isIpv4(a, b, c) ? 0 : SOURCE_WIDE);
  if (limits.hasOverrides) limits.lookUpOverride(source);
  chainSource(source);
  return source;
}

/** Forgets a source that has no entry and no open episode left, and nothing untold. */
export function removeSource(source: i32): void {
  unwatchSource(source);
  let link = bucketOfSource(source);
  while (words[link] !== source) link = (words[link] << 4) + CHAIN;
  halves[(source << 5) + S_FLAGS_HALF] = 0;
  words[link] = words[(source << 4) + CHAIN];
  const block = words[(source << 4) + S_BLOCK];
  if (block !== 0) giveBlock(block & ~ORDER_BITS, block & ORDER_BITS);
  giveLine(H_SOURCE_POOL, source);
}

/** Puts a source into the chain of its bucket. */
export function chainSource(source: i32): void {
  const bucket = bucketOfSource(source);
  words[(source << 4) + CHAIN] = words[bucket];
  words[bucket] = source;
}

/** Whether nothing is known of a source any more. */
export function isIdle(source: i32): bool {
  return halves[(source << 5) + S_ENTRIES_HALF] === 0 && words[(source << 4) + S_EPISODE] === 0;
}

function bucketOfSource(source: i32): i32 {
  const at = source << 4;
  const prefix = halves[(source << 5) + S_FLAGS_HALF] & SOURCE_PREFIX;
  return bucketOf(words[at], words[at + 1], words[at + 2], words[at + 3], prefix);
}

/** The word of the bucket that an address is in. */
export function bucketOf(a: i32, b: i32, c: i32, d: i32, prefix: i32): i32 {
  // The other words of IPv4 addresses are all the same.
  const hash = isIpv4(a, b, c) ? hsiphash2(key0, key1, d, 0) : hsiphash5(key0, key1, a, b, c, d, prefix);
  return buckets + (hash & bucketMask);
}

/**
 * The time of a source: the latest of its own records, and of `advance`. The records of other sources do not move it,
 * so that a source is judged the same however sources are divided into shards.
 */
export function clockOf(source: i32): f64 {
  return Math.max(times[H_ADVANCED_MS], times[(source << 3) + S_CLOCK_TIME]);
}

/** Puts a source at the end of the queue of those with something untold. */
export function queueSource(source: i32): void {
  const last = words[H_DIRTY_LAST];
  words[(source << 4) + S_DIRTY_PREV] = last;
  words[(source << 4) + S_DIRTY_NEXT] = 0;
  words[last === 0 ? H_DIRTY_FIRST : (last << 4) + S_DIRTY_NEXT] = source;
  words[H_DIRTY_LAST] = source;
}

/** Takes a source out of the queue of those with something untold. */
export function unqueueSource(source: i32): void {
  const next = words[(source << 4) + S_DIRTY_NEXT];
  const prev = words[(source << 4) + S_DIRTY_PREV];
  words[prev === 0 ? H_DIRTY_FIRST : (prev << 4) + S_DIRTY_NEXT] = next;
  words[next === 0 ? H_DIRTY_LAST : (next << 4) + S_DIRTY_PREV] = prev;
}
