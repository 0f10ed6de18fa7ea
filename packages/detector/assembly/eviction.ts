import {
  END_EVICTED,
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
} from '../src/layout.ts';
import { endEpisode } from './episode.ts';
import * as limits from './limits.ts';
import { settle } from './settle.ts';
import { clockOf, removeSource } from './source-table.ts';
import { arenaLines, episodesFrom, halves, owners, sourcesFrom, times, words } from './tables.ts';
import { evictEntry } from './window.ts';

/** Candidates looked at per eviction: the one that goes is among the least suspicious eighth of them on average. */
const SAMPLE = 8;

/** An aborted service counts as two, and once more as a new one of the slow period. */
const ABORTED_WEIGHT = 3;

/** Above every score that counts make: a source with an open episode goes last. */
const OPEN_EPISODE = 1 << 20;

/** Frees a place in a full table of sources: the least suspicious of a sample goes, with all its entries. */
export function makeRoomForSource(): void {
  let victim = 0;
  for (let left = SAMPLE; left > 0; left--) {
    const source = sourcesFrom + pick((episodesFrom - sourcesFrom) / SOURCE_LINES) * SOURCE_LINES;
    if (settle(source)) return;
    if (victim === 0 || isLessSuspicious(source, victim)) victim = source;
  }
  evictSource(victim);
}

/**
 * Frees a block of the arena for a source that grows: of a sample of places, the one whose most suspicious source is least
 * suspicious is cleared. Whoever is under the threshold may have to go; who is over it only for a more suspicious one, and
 * then it is false.
 */
export function makeRoomForBlock(current: i32, order: i32): bool {
  const places = arenaLines >> order;
  if (places === 0) return false;
  let best = -1;
  limits.useOf(current);
  let bestScore = max(scoreOf(current), ABORTED_WEIGHT * limits.low);
  let bestClockMs: f64 = Infinity;
  for (let left = SAMPLE; left > 0; left--) {
    const place = pick(places) << order;
    const score = scoreOfPlace(place, order, current);
    if (score > bestScore) continue;
    const clockMs = clockOfPlace(place);
    if (score === bestScore && clockMs >= bestClockMs) continue;
    best = place;
    bestScore = score;
    bestClockMs = clockMs;
  }
  if (best === -1) return false;
  clear(best, order);
  return true;
}

/** The highest score of the sources with a block at this place, above all others if `current` is one of them. */
function scoreOfPlace(place: i32, order: i32, current: i32): i32 {
  let highest = 0;
  for (let line = place; line < place + (1 << order); ) {
    const start = blockAt(line);
    const owner = words[owners + start];
    if (owner === current) return i32.MAX_VALUE;
    if (owner > 0) highest = max(highest, scoreOf(owner));
    line = start + linesAt(start);
  }
  return highest;
}

function clockOfPlace(place: i32): f64 {
  const owner = words[owners + blockAt(place)];
  return owner > 0 ? times[(owner << 3) + S_CLOCK_TIME] : 0;
}

function clear(place: i32, order: i32): void {
  for (let line = place; line < place + (1 << order); ) {
    const start = blockAt(line);
    const owner = words[owners + start];
    line = start + linesAt(start);
    if (owner > 0 && !settle(owner)) evictSource(owner);
  }
}

/** Where the block that a line is in begins. */
function blockAt(line: i32): i32 {
  for (let order = 0; order <= MAX_ORDER; order++) {
    const start = (line >> order) << order;
    if (words[owners + start] !== 0) return start;
  }
  return line;
}

function linesAt(start: i32): i32 {
  const owner = words[owners + start];
  if (owner > 0) return 1 << (words[(owner << 4) + S_BLOCK] & ORDER_BITS);
  return owner < 0 ? 1 << (-1 - owner) : 1;
}

/** A source loses its place with all it counts. */
function evictSource(source: i32): void {
  const clockMs = clockOf(source);
  times[H_CLOCK_MS] = clockMs;
  if (words[(source << 4) + S_EPISODE] !== 0) endEpisode(source, END_EVICTED, clockMs);
  while (halves[(source << 5) + S_ENTRIES_HALF] !== 0) {
    evictEntry(source, halves[(source << 5) + S_NEWEST_HALF]);
  }
  removeSource(source);
  times[H_EVICTED_SOURCES]++;
}

/** The lower score, then the longer silence decides. */
function isLessSuspicious(source: i32, than: i32): bool {
  const lower = scoreOf(source) - scoreOf(than);
  if (lower !== 0) return lower < 0;
  return times[(source << 3) + S_CLOCK_TIME] < times[(than << 3) + S_CLOCK_TIME];
}

/** Aborted services weigh most; what was learnt of a health checker is worth keeping too. */
function scoreOf(source: i32): i32 {
  const half = source << 5;
  const counted = 2 * halves[half + S_ABORTED_HALF] + halves[half + S_FAILED_HALF];
  const kept = halves[half + S_SLOW_HALF] + halves[half + S_HABITUAL_HALF];
  return counted + kept + (words[(source << 4) + S_EPISODE] === 0 ? 0 : OPEN_EPISODE);
}

/** A pseudo-random number below `end` (xorshift32): the key seeds it, so that nobody outside can foresee it. */
function pick(end: i32): i32 {
  let random = words[H_RANDOM];
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  words[H_RANDOM] = random;
  return ((random as u32) % (end as u32)) as i32;
}
