import { endEpisode } from './episode.ts';
import {
  E_LAST_TIME,
  E_SOURCE,
  H_ENTRY_POOL,
  H_EVICTED_SOURCES,
  H_RANDOM,
  POOL_FREE,
  S_ABORTED_HALF,
  S_EPISODE,
  S_FAILED_HALF,
  S_NEWEST,
  S_OLDEST,
} from './layout.ts';
import { settle } from './settle.ts';
import type { Shard } from './shard.ts';
import { clockOf, isIdle, removeSource } from './source-table.ts';
import { evictEntry, slide } from './window.ts';

/** Candidates looked at per eviction: the one that goes is among the least suspicious eighth of them on average. */
const SAMPLE = 8;

/** Frees a place in a full table of sources: the least suspicious of a sample goes, with all its entries. */
export function makeRoomForSource(shard: Shard): void {
  let victim = 0;
  for (let left = SAMPLE; left > 0; left--) {
    const source = pick(shard, shard.sourcesFrom, shard.entriesFrom);
    if (settle(shard, source)) return;
    if (victim === 0 || isLessSuspicious(shard, source, victim)) victim = source;
  }
  const { words, times } = shard;
  const clockMs = clockOf(shard, victim);
  if (words[(victim << 4) + S_EPISODE] !== 0) endEpisode(shard, victim, 'evicted', clockMs);
  for (let entry = words[(victim << 4) + S_OLDEST]!; entry !== 0; entry = words[(victim << 4) + S_OLDEST]!) {
    evictEntry(shard, victim, entry, clockMs);
  }
  removeSource(shard, victim);
  times[H_EVICTED_SOURCES]!++;
}

/**
 * Frees a place in a full table of entries: the oldest of the least suspicious source of a sample goes.
 * `current` is the source that wants the place and stays, even with nothing left.
 */
export function makeRoomForEntry(shard: Shard, current: number): void {
  const { words } = shard;
  let victim = 0;
  for (let left = SAMPLE; left > 0; left--) {
    const entry = pick(shard, shard.entriesFrom, shard.episodesFrom);
    const source = words[(entry << 4) + E_SOURCE]!;
    slide(shard, source, clockOf(shard, source));
    if (words[H_ENTRY_POOL + POOL_FREE] !== 0) {
      if (source !== current && isIdle(shard, source)) removeSource(shard, source);
      return;
    }
    if (victim === 0 || isLessSuspicious(shard, source, victim)) victim = source;
  }
  evictEntry(shard, victim, words[(victim << 4) + S_OLDEST]!, clockOf(shard, victim));
  if (victim !== current && isIdle(shard, victim)) removeSource(shard, victim);
}

/** Those with an open episode go last; then the fewest counted services, then the longest silence decide. */
function isLessSuspicious(shard: Shard, source: number, than: number): boolean {
  const { words } = shard;
  const quiet = words[(source << 4) + S_EPISODE] === 0;
  if (quiet !== (words[(than << 4) + S_EPISODE] === 0)) return quiet;
  const fewer = countedOf(shard, source) - countedOf(shard, than);
  if (fewer !== 0) return fewer < 0;
  return newestMs(shard, source) < newestMs(shard, than);
}

function countedOf({ halves }: Shard, source: number): number {
  return halves[(source << 5) + S_ABORTED_HALF]! + halves[(source << 5) + S_FAILED_HALF]!;
}

function newestMs({ words, times }: Shard, source: number): number {
  return times[(words[(source << 4) + S_NEWEST]! << 3) + E_LAST_TIME]!;
}

/** A pseudo-random line of a table (xorshift32): the key seeds it, so that nobody outside can foresee it. */
function pick({ words }: Shard, from: number, to: number): number {
  let random = words[H_RANDOM]!;
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  words[H_RANDOM] = random;
  return from + ((random >>> 0) % (to - from));
}
