import { endEpisode } from './episode.ts';
import {
  H_CLOCK_MS,
  H_EVICTED_SOURCES,
  H_RANDOM,
  MAX_ORDER,
  ORDER_BITS,
  S_ABORTED_HALF,
  S_BLOCK,
  S_CLOCK_TIME,
  S_ENTRIES_HALF,
  S_EPISODE,
  S_FAILED_HALF,
  S_HABITUAL_HALF,
  S_NEWEST_HALF,
  S_SLOW_HALF,
  SOURCE_LINES,
} from './layout.ts';
import { settle } from './settle.ts';
import type { Shard } from './shard.ts';
import { clockOf, removeSource } from './source-table.ts';
import { evictEntry } from './window.ts';

/** Candidates looked at per eviction: the one that goes is among the least suspicious eighth of them on average. */
const SAMPLE = 8;

/** An aborted service counts as two, and once more as a new one of the slow period. */
const ABORTED_WEIGHT = 3;

/** Above every score that counts make: a source with an open episode goes last. */
const OPEN_EPISODE = 2 ** 20;

/** Frees a place in a full table of sources: the least suspicious of a sample goes, with all its entries. */
export function makeRoomForSource(shard: Shard): void {
  let victim = 0;
  for (let left = SAMPLE; left > 0; left--) {
    const source =
      shard.sourcesFrom + pick(shard, (shard.episodesFrom - shard.sourcesFrom) / SOURCE_LINES) * SOURCE_LINES;
    if (settle(shard, source)) return;
    if (victim === 0 || isLessSuspicious(shard, source, victim)) victim = source;
  }
  evictSource(shard, victim);
}

/**
 * Frees a block of the arena for a source that grows: of a sample of places, the one whose most suspicious source is least
 * suspicious is cleared. Whoever is under the threshold may have to go; who is over it only for a more suspicious one, and
 * then it is false.
 */
export function makeRoomForBlock(shard: Shard, current: number, order: number): boolean {
  const places = shard.arenaLines >> order;
  if (places === 0) return false;
  let best = -1;
  let bestScore = Math.max(scoreOf(shard, current), ABORTED_WEIGHT * shard.limits.low);
  let bestClockMs = Number.POSITIVE_INFINITY;
  for (let left = SAMPLE; left > 0; left--) {
    const place = pick(shard, places) << order;
    const score = scoreOfPlace(shard, place, order, current);
    if (score > bestScore) continue;
    const clockMs = clockOfPlace(shard, place);
    if (score === bestScore && clockMs >= bestClockMs) continue;
    best = place;
    bestScore = score;
    bestClockMs = clockMs;
  }
  if (best === -1) return false;
  clear(shard, best, order);
  return true;
}

/** The highest score of the sources with a block at this place, above all others if `current` is one of them. */
function scoreOfPlace(shard: Shard, place: number, order: number, current: number): number {
  let highest = 0;
  for (let line = place; line < place + (1 << order); ) {
    const start = blockAt(shard, line);
    const owner = shard.words[shard.owners + start]!;
    if (owner === current) return Number.POSITIVE_INFINITY;
    if (owner > 0) highest = Math.max(highest, scoreOf(shard, owner));
    line = start + linesAt(shard, start);
  }
  return highest;
}

function clockOfPlace(shard: Shard, place: number): number {
  const owner = shard.words[shard.owners + blockAt(shard, place)]!;
  return owner > 0 ? shard.times[(owner << 3) + S_CLOCK_TIME]! : 0;
}

function clear(shard: Shard, place: number, order: number): void {
  for (let line = place; line < place + (1 << order); ) {
    const start = blockAt(shard, line);
    const owner = shard.words[shard.owners + start]!;
    line = start + linesAt(shard, start);
    if (owner > 0 && !settle(shard, owner)) evictSource(shard, owner);
  }
}

/** Where the block that a line is in begins. */
function blockAt({ words, owners }: Shard, line: number): number {
  for (let order = 0; order <= MAX_ORDER; order++) {
    const start = (line >> order) << order;
    if (words[owners + start] !== 0) return start;
  }
  return line;
}

function linesAt({ words, owners }: Shard, start: number): number {
  const owner = words[owners + start]!;
  if (owner > 0) return 1 << (words[(owner << 4) + S_BLOCK]! & ORDER_BITS);
  return owner < 0 ? 1 << (-1 - owner) : 1;
}

/** A source loses its place with all it counts. */
function evictSource(shard: Shard, source: number): void {
  const { words, halves, times } = shard;
  const clockMs = clockOf(shard, source);
  times[H_CLOCK_MS] = clockMs;
  if (words[(source << 4) + S_EPISODE] !== 0) endEpisode(shard, source, 'evicted', clockMs);
  while (halves[(source << 5) + S_ENTRIES_HALF] !== 0) {
    evictEntry(shard, source, halves[(source << 5) + S_NEWEST_HALF]!);
  }
  removeSource(shard, source);
  times[H_EVICTED_SOURCES]!++;
}

/** The lower score, then the longer silence decides. */
function isLessSuspicious(shard: Shard, source: number, than: number): boolean {
  const lower = scoreOf(shard, source) - scoreOf(shard, than);
  if (lower !== 0) return lower < 0;
  return shard.times[(source << 3) + S_CLOCK_TIME]! < shard.times[(than << 3) + S_CLOCK_TIME]!;
}

/** Aborted services weigh most; what was learnt of a health checker is worth keeping too. */
function scoreOf({ words, halves }: Shard, source: number): number {
  const half = source << 5;
  const counted = 2 * halves[half + S_ABORTED_HALF]! + halves[half + S_FAILED_HALF]!;
  const kept = halves[half + S_SLOW_HALF]! + halves[half + S_HABITUAL_HALF]!;
  return counted + kept + (words[(source << 4) + S_EPISODE] === 0 ? 0 : OPEN_EPISODE);
}

/** A pseudo-random number below `end` (xorshift32): the key seeds it, so that nobody outside can foresee it. */
function pick({ words }: Shard, end: number): number {
  let random = words[H_RANDOM]!;
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  words[H_RANDOM] = random;
  return (random >>> 0) % end;
}
