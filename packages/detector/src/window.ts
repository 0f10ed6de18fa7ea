import { removeEntry } from './entry-table.ts';
import {
  ABORTED,
  E_CONNECTIONS,
  E_ENTERED,
  E_LAST_TIME,
  E_META,
  E_NEWER,
  E_OLDER,
  E_STAY_MS,
  E_UNTOLD,
  FAILED,
  H_EVICTED_SERVICES,
  H_SIGHTINGS_SHED,
  H_TURN,
  META_CLASS,
  META_CLASS_SHIFT,
  META_IN_WINDOW,
  P_ALERT_TURN,
  P_UNDER_TIME,
  S_ABORTED_HALF,
  S_DIRTY_HALF,
  S_EDGE,
  S_ENTRIES_HALF,
  S_EPISODE,
  S_FAILED_HALF,
  S_NEWEST,
  S_NOVEL_HALF,
  S_OLDEST,
  S_SHED_TIME,
  UNCOUNTED,
} from './layout.ts';
import { isOver } from './limits.ts';
import type { Shard } from './shard.ts';
import { unqueueSource } from './source-table.ts';

/**
 * The entries of a source are one list in the order of their latest times. The window is its newer part, down to the
 * edge: it slides by moving the edge, so the counts cost O(1) per entry that ever entered it.
 *
 *     newest ⇄ … ⇄ edge ⇄ (out of the window, untold yet) … ⇄ oldest
 */
export function link(shard: Shard, source: number, entry: number): void {
  const { words, times } = shard;
  const lastMs = times[(entry << 3) + E_LAST_TIME]!;
  let newer = 0;
  let older = words[(source << 4) + S_NEWEST]!;
  // Records are late by two seconds at most, so their place is near the newest.
  while (older !== 0 && times[(older << 3) + E_LAST_TIME]! > lastMs) {
    newer = older;
    older = words[(older << 4) + E_OLDER]!;
  }
  words[(entry << 4) + E_NEWER] = newer;
  words[(entry << 4) + E_OLDER] = older;
  words[newer === 0 ? (source << 4) + S_NEWEST : (newer << 4) + E_OLDER] = entry;
  words[older === 0 ? (source << 4) + S_OLDEST : (older << 4) + E_NEWER] = entry;
  const edge = words[(source << 4) + S_EDGE]!;
  if (edge === 0 || edge === newer) words[(source << 4) + S_EDGE] = entry;
}

/** Takes an entry out of its list; its counts stay. */
export function unlink(shard: Shard, source: number, entry: number): void {
  const { words } = shard;
  const newer = words[(entry << 4) + E_NEWER]!;
  const older = words[(entry << 4) + E_OLDER]!;
  words[newer === 0 ? (source << 4) + S_NEWEST : (newer << 4) + E_OLDER] = older;
  words[older === 0 ? (source << 4) + S_OLDEST : (older << 4) + E_NEWER] = newer;
  if (words[(source << 4) + S_EDGE] === entry) words[(source << 4) + S_EDGE] = newer;
}

/** An entry outside the window enters it: a new stay begins, with no connection yet. */
export function enter(shard: Shard, source: number, entry: number): void {
  const { words } = shard;
  words[(entry << 4) + E_CONNECTIONS] = 0;
  words[(entry << 4) + E_STAY_MS] = 0;
  words[(entry << 4) + E_ENTERED] = ++words[H_TURN]!;
  words[(entry << 4) + E_META]! |= META_IN_WINDOW;
  count(shard, source, entry, 1);
}

function leave(shard: Shard, source: number, entry: number): void {
  shard.words[(entry << 4) + E_META]! &= ~META_IN_WINDOW;
  count(shard, source, entry, -1);
}

/** Adds an entry of the window to the counts of its source, or takes it off. */
export function count(shard: Shard, source: number, entry: number, by: 1 | -1): void {
  const { words, halves } = shard;
  const of = classOf(shard, entry);
  if (of === FAILED) halves[(source << 5) + S_FAILED_HALF]! += by;
  if (of !== ABORTED) return;
  halves[(source << 5) + S_ABORTED_HALF]! += by;
  const episode = words[(source << 4) + S_EPISODE]!;
  if (episode === 0) return;
  const sinceAlert = words[(entry << 4) + E_ENTERED]! - words[(episode << 4) + P_ALERT_TURN]!;
  if ((sinceAlert | 0) > 0) halves[(source << 5) + S_NOVEL_HALF]! += by;
}

/** The class of an entry. */
export function classOf(shard: Shard, entry: number): number {
  return (shard.words[(entry << 4) + E_META]! >> META_CLASS_SHIFT) & META_CLASS;
}

/** Whether the source is over its limits with what the window holds. */
export function isSourceOver(shard: Shard, source: number): boolean {
  const { halves, limits } = shard;
  return isOver(limits, halves[(source << 5) + S_ABORTED_HALF]!, halves[(source << 5) + S_FAILED_HALF]!);
}

/** Moves the window of a source up to `clockMs`, and frees what is behind it and told. */
export function slide(shard: Shard, source: number, clockMs: number): void {
  const { words, times } = shard;
  const { windowMs } = shard.limits;
  let edge = words[(source << 4) + S_EDGE]!;
  while (edge !== 0 && times[(edge << 3) + E_LAST_TIME]! <= clockMs - windowMs) {
    const leftMs = times[(edge << 3) + E_LAST_TIME]! + windowMs;
    noteFall(shard, source, edge, leftMs);
    leave(shard, source, edge);
    edge = words[(edge << 4) + E_NEWER]!;
    words[(source << 4) + S_EDGE] = edge;
  }
  let oldest = words[(source << 4) + S_OLDEST]!;
  while (oldest !== edge && words[(oldest << 4) + E_UNTOLD] === 0) {
    forget(shard, source, oldest);
    oldest = words[(source << 4) + S_OLDEST]!;
  }
}

/**
 * When the count falls under the limits because `entry` leaves the window, the episode of the source begins to end.
 * Noted before it leaves: after a worker's death in between, it leaves again.
 */
function noteFall(shard: Shard, source: number, entry: number, ms: number): void {
  const { words, halves, times, limits } = shard;
  const episode = words[(source << 4) + S_EPISODE]!;
  if (episode === 0 || times[(episode << 3) + P_UNDER_TIME]! >= 0) return;
  const of = classOf(shard, entry);
  const aborted = halves[(source << 5) + S_ABORTED_HALF]! - (of === ABORTED ? 1 : 0);
  const failed = halves[(source << 5) + S_FAILED_HALF]! - (of === FAILED ? 1 : 0);
  if (!isOver(limits, aborted, failed)) times[(episode << 3) + P_UNDER_TIME] = ms;
}

/** An entry loses its place to another, whatever it still counts or has to tell. */
export function evictEntry(shard: Shard, source: number, entry: number, clockMs: number): void {
  const { words, halves, times } = shard;
  times[H_EVICTED_SERVICES]!++;
  if (words[(entry << 4) + E_UNTOLD] !== 0) {
    words[(entry << 4) + E_UNTOLD] = 0;
    times[H_SIGHTINGS_SHED]!++;
    if (--halves[(source << 5) + S_DIRTY_HALF]! === 0) unqueueSource(shard, source);
  }
  if (words[(entry << 4) + E_META]! & META_IN_WINDOW) {
    if (classOf(shard, entry) !== UNCOUNTED) noteShed(shard, source, times[(entry << 3) + E_LAST_TIME]!);
    noteFall(shard, source, entry, clockMs);
    leave(shard, source, entry);
  }
  forget(shard, source, entry);
}

/** While the lost entry would still be in the window, the counts of its source are lower bounds. */
export function noteShed(shard: Shard, source: number, lastMs: number): void {
  const shed = (source << 3) + S_SHED_TIME;
  shard.times[shed] = Math.max(shard.times[shed]!, lastMs);
}

function forget(shard: Shard, source: number, entry: number): void {
  unlink(shard, source, entry);
  shard.halves[(source << 5) + S_ENTRIES_HALF]!--;
  removeEntry(shard, entry);
}
