import { addEntry, findEntry } from './entry-table.ts';
import { endIfQuiet, judge, noteSeen } from './episode.ts';
import { makeRoomForEntry, makeRoomForSource } from './eviction.ts';
import {
  ABORTED,
  E_CONNECTIONS,
  E_LAST_TIME,
  E_META,
  E_NEWER,
  E_STAY_MS,
  E_UNTOLD,
  E_UNTOLD_MS,
  H_ADVANCED_MS,
  H_EVICTED_SERVICES,
  H_LATE,
  H_MALFORMED,
  H_OBSERVED,
  H_SAME_ADDRESS,
  H_SIGHTINGS_SHED,
  MAX_SERVICES_PER_SOURCE,
  META_CLASS_SHIFT,
  META_IN_WINDOW,
  META_OUTCOME,
  META_OUTCOME_SHIFT,
  META_PORT,
  S_DIRTY_HALF,
  S_ENTRIES_HALF,
  S_EPISODE,
  S_OLDEST,
  UNCOUNTED,
} from './layout.ts';
import type { Shard } from './shard.ts';
import { addSource, clockOf, findSource, queueSource } from './source-table.ts';
import { enter, evictEntry, isSourceOver, link, noteShed, slide, unlink } from './window.ts';

const MOST_MS = 2 ** 31 - 1;

/** One record into the tables; the addresses are four words each at these places of `addresses`. */
export function observe(
  shard: Shard,
  addresses: ArrayLike<number>,
  sourceAt: number,
  destinationAt: number,
  port: number,
  outcome: number,
  atMs: number,
): void {
  const { times, limits } = shard;
  times[H_OBSERVED]!++;
  const of = limits.classes[outcome] ?? 0;
  // NaN and what is beyond exact integers fail the comparison too.
  if (of === 0 || (port & META_PORT) !== port || port === 0 || !(atMs >= 0 && atMs <= Number.MAX_SAFE_INTEGER)) {
    times[H_MALFORMED]!++;
    return;
  }
  const a = addresses[sourceAt]! | 0;
  const b = addresses[sourceAt + 1]! | 0;
  const c = addresses[sourceAt + 2]! | 0;
  const d = addresses[sourceAt + 3]! | 0;
  const e = addresses[destinationAt]! | 0;
  const f = addresses[destinationAt + 1]! | 0;
  const g = addresses[destinationAt + 2]! | 0;
  const h = addresses[destinationAt + 3]! | 0;
  if (d === h && c === g && b === f && a === e) {
    times[H_SAME_ADDRESS]!++;
    return;
  }
  const wholeMs = Math.floor(atMs);
  let source = findSource(shard, a, b, c, d);
  const clockMs = Math.max(wholeMs, source === 0 ? times[H_ADVANCED_MS]! : clockOf(shard, source));
  if (wholeMs <= clockMs - limits.windowMs) {
    times[H_LATE]!++;
    return;
  }
  if (source === 0) {
    source = addSource(shard, a, b, c, d);
    if (source === 0) {
      makeRoomForSource(shard);
      source = addSource(shard, a, b, c, d);
    }
  } else {
    slide(shard, source, clockMs);
    endIfQuiet(shard, source, clockMs);
  }
  const key = port | (of << META_CLASS_SHIFT);
  let entry = findEntry(shard, source, e, f, g, h, key);
  if (entry === 0) {
    if (!hasRoom(shard, source, of, clockMs, wholeMs)) return;
    entry = addEntry(shard, source, e, f, g, h, key | (outcome << META_OUTCOME_SHIFT), wholeMs);
    if (entry === 0) {
      makeRoomForEntry(shard, source);
      entry = addEntry(shard, source, e, f, g, h, key | (outcome << META_OUTCOME_SHIFT), wholeMs);
    }
    shard.halves[(source << 5) + S_ENTRIES_HALF]!++;
    link(shard, source, entry);
    enter(shard, source, entry);
    touch(shard, source, entry, outcome, wholeMs);
  } else {
    merge(shard, source, entry, outcome, wholeMs);
  }
  const episode = shard.words[(source << 4) + S_EPISODE]!;
  if (episode !== 0 && of === ABORTED) noteSeen(shard, episode, wholeMs);
  if (episode !== 0 || isSourceOver(shard, source)) judge(shard, source, clockMs, wholeMs);
}

/** At its cap a source keeps the latest services: its oldest one goes, which may be the one that comes. */
function hasRoom(shard: Shard, source: number, of: number, clockMs: number, atMs: number): boolean {
  const { words, halves, times } = shard;
  if (halves[(source << 5) + S_ENTRIES_HALF]! < MAX_SERVICES_PER_SOURCE) return true;
  const oldest = words[(source << 4) + S_OLDEST]!;
  if (times[(oldest << 3) + E_LAST_TIME]! <= atMs) {
    evictEntry(shard, source, oldest, clockMs);
    return true;
  }
  if (of !== UNCOUNTED) noteShed(shard, source, atMs);
  times[H_EVICTED_SERVICES]!++;
  times[H_SIGHTINGS_SHED]!++;
  return false;
}

/** A record of a known service: the latest time wins, in whatever order the records come. */
function merge(shard: Shard, source: number, entry: number, outcome: number, atMs: number): void {
  const { words, times } = shard;
  const at = entry << 4;
  const laterMs = atMs - times[(entry << 3) + E_LAST_TIME]!;
  const entering = (words[at + E_META]! & META_IN_WINDOW) === 0;
  if (laterMs > 0 || entering) {
    // Before the time, so that after a worker's death the record is the later one once more.
    words[at + E_META] = (words[at + E_META]! & ~META_OUTCOME) | (outcome << META_OUTCOME_SHIFT);
    if (entering || words[at + E_NEWER] !== 0) {
      unlink(shard, source, entry);
      times[(entry << 3) + E_LAST_TIME] = atMs;
      link(shard, source, entry);
    } else {
      times[(entry << 3) + E_LAST_TIME] = atMs;
    }
    words[at + E_STAY_MS] = Math.min(words[at + E_STAY_MS]! + laterMs, MOST_MS);
    words[at + E_UNTOLD_MS] = Math.min(words[at + E_UNTOLD_MS]! + laterMs, MOST_MS);
    if (entering) enter(shard, source, entry);
  }
  touch(shard, source, entry, outcome, atMs);
}

/** Counts a connection of an entry that stands at its place, and marks it as untold. */
function touch(shard: Shard, source: number, entry: number, outcome: number, atMs: number): void {
  const { words, halves, times } = shard;
  const at = entry << 4;
  const beforeLastMs = times[(entry << 3) + E_LAST_TIME]! - atMs;
  const known = words[at + E_META]! & META_OUTCOME;
  const told = outcome << META_OUTCOME_SHIFT;
  // At the same time the higher code wins, so that the order of the records does not matter.
  if (beforeLastMs === 0 && told > known) {
    words[at + E_META] = (words[at + E_META]! & ~META_OUTCOME) | told;
  }
  words[at + E_CONNECTIONS] = Math.min(words[at + E_CONNECTIONS]! + 1, MOST_MS);
  if (beforeLastMs > words[at + E_STAY_MS]!) words[at + E_STAY_MS] = beforeLastMs;
  if (words[at + E_UNTOLD] === 0) {
    words[at + E_UNTOLD_MS] = beforeLastMs;
    if (++halves[(source << 5) + S_DIRTY_HALF]! === 1) queueSource(shard, source);
  } else if (beforeLastMs > words[at + E_UNTOLD_MS]!) {
    words[at + E_UNTOLD_MS] = beforeLastMs;
  }
  words[at + E_UNTOLD] = Math.min(words[at + E_UNTOLD]! + 1, MOST_MS);
}
