import { removeEntry } from './entry-table.ts';
import {
  ABORTED,
  E_CONNECTIONS,
  E_LAST_TIME,
  E_META,
  E_NEWER,
  E_OLDER,
  E_STAY_MS,
  E_UNTOLD,
  FAILED,
  H_EVICTED_SERVICES,
  H_SIGHTINGS_SHED,
  META_CLASS_SHIFT,
  META_IN_WINDOW,
  META_NOVEL,
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
  const { words, halves } = shard;
  words[(entry << 4) + E_CONNECTIONS] = 0;
  words[(entry << 4) + E_STAY_MS] = 0;
  words[(entry << 4) + E_META]! |= META_IN_WINDOW;
  const of = classOf(shard, entry);
  if (of === ABORTED) {
    words[(entry << 4) + E_META]! |= META_NOVEL;
    halves[(source << 5) + S_ABORTED_HALF]!++;
    halves[(source << 5) + S_NOVEL_HALF]!++;
  } else if (of === FAILED) {
    halves[(source << 5) + S_FAILED_HALF]!++;
  }
}

function leave(shard: Shard, source: number, entry: number): void {
  const { words, halves } = shard;
  const meta = words[(entry << 4) + E_META]!;
  words[(entry << 4) + E_META] = meta & ~(META_IN_WINDOW | META_NOVEL);
  const of = classOf(shard, entry);
  if (of === ABORTED) {
    halves[(source << 5) + S_ABORTED_HALF]!--;
    if (meta & META_NOVEL) halves[(source << 5) + S_NOVEL_HALF]!--;
  } else if (of === FAILED) {
    halves[(source << 5) + S_FAILED_HALF]!--;
  }
}

/** The class of an entry. */
export function classOf(shard: Shard, entry: number): number {
  return (shard.words[(entry << 4) + E_META]! >> META_CLASS_SHIFT) & 3;
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
    leave(shard, source, edge);
    edge = words[(edge << 4) + E_NEWER]!;
    words[(source << 4) + S_EDGE] = edge;
    noteFall(shard, source, leftMs);
  }
  let oldest = words[(source << 4) + S_OLDEST]!;
  while (oldest !== edge && words[(oldest << 4) + E_UNTOLD] === 0) {
    forget(shard, source, oldest);
    oldest = words[(source << 4) + S_OLDEST]!;
  }
}

/** When a count falls under the limits, its episode begins to end. */
function noteFall(shard: Shard, source: number, ms: number): void {
  const episode = shard.words[(source << 4) + S_EPISODE]!;
  if (episode === 0 || isSourceOver(shard, source)) return;
  const under = (episode << 3) + P_UNDER_TIME;
  if (shard.times[under]! < 0) shard.times[under] = ms;
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
    leave(shard, source, entry);
    noteFall(shard, source, clockMs);
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
