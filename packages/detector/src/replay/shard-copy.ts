import {
  CHAIN,
  H_EPISODE_POOL,
  H_OBSERVED,
  H_RECOVERIES,
  H_SOURCE_POOL,
  HEADER_LINES,
  ORDER_BITS,
  POOL_FRESH,
  PREVIOUS,
  S_BLOCK,
  WATCH_SLOTS,
  WATCH_WORD,
} from '../layout.ts';
import type { Shard } from '../shard.ts';

/** All that a shard knows of its sources, as words one behind the other: see eachRange. */
export type ShardCopy = Int32Array;

const HEADER_WORDS = HEADER_LINES * 16;

/** The words of the counters, which go on whatever is known. */
const COUNTERS_FROM = H_OBSERVED * 2;
const COUNTERS_END = (H_RECOVERIES + 1) * 2;

/** Words that are sooner copied one by one than by a call. */
const FEW = 64;

/** Copies what a shard knows, into a copy of one of the same size if there is one. */
export function copyShard(shard: Shard, into?: ShardCopy): ShardCopy {
  const { words } = shard;
  const copy = into ?? new Int32Array(words.length);
  let at = 0;
  eachRange(shard, (from, end) => {
    if (end - from < FEW) for (let word = from; word < end; word++) copy[at + word - from] = words[word]!;
    else copy.set(words.subarray(from, end), at);
    at += end - from;
  });
  return copy;
}

/** Makes a shard of the same size know what a copy says, and nothing else. */
export function restoreCopy(shard: Shard, copy: ShardCopy): void {
  const { words } = shard;
  let at = 0;
  eachRange(shard, (from, end) => {
    if (end - from < FEW) for (let word = from; word < end; word++) words[word] = copy[at + word - from]!;
    else words.set(copy.subarray(at, at + end - from), from);
    at += end - from;
  });
}

/** The words in use, from and end. Each range tells where the next ones are, so they may be filled as they come. */
function eachRange({ words, places }: Shard, visit: (from: number, end: number) => void): void {
  const { sourcesFrom, episodesFrom, arenaFrom, arenaLines, owners, buckets, bucketMask } = places;
  visit(0, COUNTERS_FROM);
  visit(COUNTERS_END, HEADER_WORDS);
  visit(WATCH_WORD, WATCH_WORD + WATCH_SLOTS);
  visit(sourcesFrom << 4, words[H_SOURCE_POOL + POOL_FRESH]! << 4);
  visit(episodesFrom << 4, words[H_EPISODE_POOL + POOL_FRESH]! << 4);
  visit(buckets, buckets + bucketMask + 1);
  for (let at = 0; at < arenaLines; ) {
    visit(owners + at, owners + at + 1);
    const owner = words[owners + at]!;
    const line = arenaFrom + at;
    const size = 1 << (owner > 0 ? words[(owner << 4) + S_BLOCK]! & ORDER_BITS : -1 - owner);
    // Lines inside a block have no owner, whatever they had in the shard that is filled.
    visit(owners + at + 1, owners + at + size);
    if (owner > 0) visit(line << 4, (line + size) << 4);
    // Of a free block its two links.
    else visit((line << 4) + CHAIN, (line << 4) + PREVIOUS + 1);
    at += size;
  }
}
