import {
  ABORTED,
  E_CADENCE,
  E_CONNECTIONS_HALF,
  E_FIRST,
  E_LAST,
  E_META,
  E_NEWER_HALF,
  E_OLDER_HALF,
  E_UNTOLD_HALF,
  FAILED,
  FEW_SLOTS,
  H_CLOCK_MS,
  H_EPISODES_DUE_MS,
  H_EVICTED_SERVICES,
  H_FELL_MS,
  H_GONE_MS,
  H_PEAK,
  H_SIGHTINGS_SHED,
  META_BROKEN,
  META_CLASS,
  META_CLASS_SHIFT,
  META_EXPIRED,
  META_HABITUAL,
  META_IN_SLOW,
  META_IN_WINDOW,
  META_NOVEL,
  META_PINNED,
  META_PROBATION,
  ORDER_BITS,
  P_UNDER_TIME,
  S_ABORTED_HALF,
  S_BLOCK,
  S_BROKEN_HALF,
  S_DIRTY_HALF,
  S_DUE_TIME,
  S_EDGE_HALF,
  S_ENTRIES_HALF,
  S_EPISODE,
  S_FAILED_HALF,
  S_HABITUAL_HALF,
  S_NEWEST_HALF,
  S_NOVEL_HALF,
  S_SHED_TIME,
  S_SLOW_HALF,
  UNCOUNTED,
} from '../src/layout.ts';
import { capacityOf, entryAt, moveBlock, removeSlot } from './block.ts';
import * as limits from './limits.ts';
import { since } from './milliseconds.ts';
import { unqueueSource } from './source-table.ts';
import { halves, times, words } from './tables.ts';

/**
 * The entries of a source are a ring in the order of their latest times. The window is its newer part, down to the edge: it
 * slides by moving the edge, so the counts cost O(1) per entry that ever entered it. What left the window stays as long as
 * its kind is kept, or until it is told.
 *
 *     newest ⇄ … ⇄ edge ⇄ (out of the window: slow, habitual or untold) … ⇄ oldest ⇄ newest
 */
export function link(source: i32, slot: i32): void {
  const half = source << 5;
  const at = entryAt(source, slot);
  const newest = halves[half + S_NEWEST_HALF];
  if (newest === 0) {
    halves[(at << 1) + E_NEWER_HALF] = slot;
    halves[(at << 1) + E_OLDER_HALF] = slot;
    halves[half + S_NEWEST_HALF] = slot;
    halves[half + S_EDGE_HALF] = slot;
    return;
  }
  const last = words[at + E_LAST];
  let older = newest;
  let olderAt = entryAt(source, older);
  // Records are late by two seconds at most, so their place is near the newest. The oldest is never passed: a record is
  // inside the window, and so newer than what is not.
  while (words[olderAt + E_LAST] - last > 0) {
    const next = halves[(olderAt << 1) + E_OLDER_HALF];
    if (next === newest) {
      older = 0;
      break;
    }
    older = next;
    olderAt = entryAt(source, older);
  }
  // Older than all: its place in the ring is behind the newest all the same.
  const before = older === 0 ? newest : older;
  const beforeAt = entryAt(source, before);
  const newer = halves[(beforeAt << 1) + E_NEWER_HALF];
  halves[(at << 1) + E_OLDER_HALF] = before;
  halves[(at << 1) + E_NEWER_HALF] = newer;
  halves[(beforeAt << 1) + E_NEWER_HALF] = slot;
  halves[(entryAt(source, newer) << 1) + E_OLDER_HALF] = slot;
  const edge = halves[half + S_EDGE_HALF];
  if (older === newest) {
    halves[half + S_NEWEST_HALF] = slot;
    if (edge === 0) halves[half + S_EDGE_HALF] = slot;
  } else if (edge === newer) {
    halves[half + S_EDGE_HALF] = slot;
  }
}

/** Takes an entry out of its ring; its counts stay. */
export function unlink(source: i32, slot: i32): void {
  const half = source << 5;
  const at = entryAt(source, slot);
  const newer = halves[(at << 1) + E_NEWER_HALF];
  const older = halves[(at << 1) + E_OLDER_HALF];
  const newest = halves[half + S_NEWEST_HALF];
  if (halves[half + S_EDGE_HALF] === slot) halves[half + S_EDGE_HALF] = slot === newest ? 0 : newer;
  if (newer === slot) {
    halves[half + S_NEWEST_HALF] = 0;
    return;
  }
  halves[(entryAt(source, newer) << 1) + E_OLDER_HALF] = older;
  halves[(entryAt(source, older) << 1) + E_NEWER_HALF] = newer;
  if (newest === slot) halves[half + S_NEWEST_HALF] = older;
}

/** The oldest entry becomes the newest: the ring only turns. */
export function turn(source: i32, slot: i32): void {
  const half = source << 5;
  if (halves[half + S_EDGE_HALF] === slot) {
    halves[half + S_EDGE_HALF] = halves[(entryAt(source, slot) << 1) + E_NEWER_HALF];
  } else if (halves[half + S_EDGE_HALF] === 0) {
    halves[half + S_EDGE_HALF] = slot;
  }
  halves[half + S_NEWEST_HALF] = slot;
}

/** The oldest entry of a source with any. */
export function oldestOf(source: i32): i32 {
  const newest = entryAt(source, halves[(source << 5) + S_NEWEST_HALF]);
  return halves[(newest << 1) + E_NEWER_HALF];
}

/** Milliseconds since the latest connection of an entry. */
export function ageOf(at: i32, clockMs: f64): f64 {
  return since(words[at + E_LAST], clockMs);
}

/** An entry outside the window enters it: a new stay begins, with no connection yet. */
export function enter(source: i32, at: i32): void {
  halves[(at << 1) + E_CONNECTIONS_HALF] = 0;
  let meta = (words[at + E_META] & ~(META_BROKEN | META_EXPIRED)) | META_IN_WINDOW;
  if ((meta & META_HABITUAL) === 0) {
    words[at + E_FIRST] = words[at + E_LAST];
    if (classOf(meta) === ABORTED) {
      meta |= META_NOVEL;
      if ((meta & META_IN_SLOW) === 0) {
        meta |= META_IN_SLOW;
        halves[(source << 5) + S_SLOW_HALF]++;
      }
    }
  }
  words[at + E_META] = meta;
  count(source, meta, 1);
}

/** Adds an entry of the window to the counts of its source, or takes it off. */
export function count(source: i32, meta: i32, by: i32): void {
  if (meta & META_HABITUAL) return;
  const half = source << 5;
  const kind = classOf(meta);
  if (kind === FAILED) halves[half + S_FAILED_HALF] += by;
  if (kind !== ABORTED) return;
  halves[half + S_ABORTED_HALF] += by;
  words[H_PEAK] = max(words[H_PEAK], halves[half + S_ABORTED_HALF]);
  if (meta & META_NOVEL) halves[half + S_NOVEL_HALF] += by;
  if (meta & META_BROKEN) halves[half + S_BROKEN_HALF] += by;
}

/** The class of an entry. */
export function classOf(meta: i32): i32 {
  return (meta >> META_CLASS_SHIFT) & META_CLASS;
}

/** Whether the source is over its limits with what it counts. */
export function isSourceOver(source: i32): bool {
  const half = source << 5;
  limits.useOf(source);
  return limits.isOver(halves[half + S_ABORTED_HALF], halves[half + S_FAILED_HALF], halves[half + S_SLOW_HALF]);
}

/** Moves the window of a source up to its clock, frees what is kept no longer, and notes when there is more to do. */
export function slide(source: i32): void {
  const half = source << 5;
  const clockMs = times[H_CLOCK_MS];
  let dueMs: f64 = Infinity;
  times[H_FELL_MS] = -Infinity;
  for (let edge = halves[half + S_EDGE_HALF]; edge !== 0; edge = halves[half + S_EDGE_HALF]) {
    const at = entryAt(source, edge);
    const leftMs = clockMs - ageOf(at, clockMs) + limits.windowMs;
    if (leftMs > clockMs) {
      dueMs = leftMs;
      break;
    }
    times[H_GONE_MS] = leftMs;
    leave(source, edge, at);
  }
  for (let left = halves[half + S_ENTRIES_HALF], slot = left === 0 ? 0 : oldestOf(source); left > 0; left--) {
    const at = entryAt(source, slot);
    const meta = words[at + E_META];
    if (meta & META_IN_WINDOW) break;
    const newer = halves[(at << 1) + E_NEWER_HALF];
    const goneMs = clockMs - ageOf(at, clockMs) + (meta & META_HABITUAL ? limits.forgetMs : limits.slowMs);
    const current = slot;
    slot = newer;
    if (meta & META_EXPIRED) continue;
    if (goneMs <= clockMs) {
      times[H_GONE_MS] = goneMs;
      expire(source, current, at);
      continue;
    }
    dueMs = Math.min(dueMs, goneMs);
    // Behind it are only younger ones.
    if ((meta & META_HABITUAL) === 0) break;
  }
  times[(source << 3) + S_DUE_TIME] = dueMs;
  noteQuiet(source);
  if (halves[half + S_ENTRIES_HALF] * 4 <= capacityOf(source)) shrink(source);
}

/** An entry is out of the window: the edge moves on. */
function leave(source: i32, slot: i32, at: i32): void {
  const meta = words[at + E_META];
  noteFall(source, meta, false);
  words[at + E_META] = meta & ~(META_IN_WINDOW | META_NOVEL);
  count(source, meta, -1);
  const half = source << 5;
  halves[half + S_EDGE_HALF] = slot === halves[half + S_NEWEST_HALF] ? 0 : halves[(at << 1) + E_NEWER_HALF];
  if (classOf(meta) !== ABORTED && (meta & META_HABITUAL) === 0) expire(source, slot, at);
}

/** An entry has been kept as long as its kind is. */
function expire(source: i32, slot: i32, at: i32): void {
  const meta = words[at + E_META];
  if (meta & META_IN_SLOW) {
    noteFall(source, meta, true);
    halves[(source << 5) + S_SLOW_HALF]--;
  }
  if (meta & META_HABITUAL) {
    words[at + E_FIRST] = words[at + E_LAST];
    halves[(source << 5) + S_HABITUAL_HALF]--;
  }
  words[at + E_META] =
    (meta & ~(META_IN_SLOW | META_HABITUAL | META_PROBATION | META_PINNED | META_BROKEN)) | META_EXPIRED;
  words[at + E_CADENCE] = 0;
  if (halves[(at << 1) + E_UNTOLD_HALF] === 0) forget(source, slot);
}

/**
 * When the count falls under the limits because an entry leaves at H_GONE_MS, the episode of the source begins to end.
 * Noted before it leaves: after a worker's death in between, it leaves again.
 */
function noteFall(source: i32, meta: i32, ofSlow: bool): void {
  const episode = words[(source << 4) + S_EPISODE];
  if (episode === 0 || times[(episode << 3) + P_UNDER_TIME] >= 0 || (meta & META_HABITUAL) !== 0) return;
  limits.useOf(source);
  const half = source << 5;
  const ms = times[H_GONE_MS];
  const aborted = halves[half + S_ABORTED_HALF];
  const failed = halves[half + S_FAILED_HALF];
  const slow = halves[half + S_SLOW_HALF];
  if (ofSlow) {
    if (limits.isOver(aborted, failed, slow - 1)) return;
    // The window may have fallen later than the slow count did, although it was looked at before.
    times[(episode << 3) + P_UNDER_TIME] = Math.max(ms, times[H_FELL_MS]);
    return;
  }
  const kind = classOf(meta);
  if (limits.isOver(aborted - (kind === ABORTED ? 1 : 0), failed - (kind === FAILED ? 1 : 0), 0)) return;
  if (limits.isOver(aborted, failed, 0)) times[H_FELL_MS] = ms;
  if (slow < limits.slow) times[(episode << 3) + P_UNDER_TIME] = Math.max(ms, times[H_FELL_MS]);
}

/** An episode that has begun to end is looked at again when it does. */
export function noteQuiet(source: i32): void {
  const episode = words[(source << 4) + S_EPISODE];
  const underMs: f64 = episode === 0 ? -1 : times[(episode << 3) + P_UNDER_TIME];
  const due = (source << 3) + S_DUE_TIME;
  if (underMs < 0) return;
  times[due] = Math.min(times[due], underMs + limits.windowMs);
  times[H_EPISODES_DUE_MS] = Math.min(times[H_EPISODES_DUE_MS], times[due]);
}

/** A block that a quarter of would do: it moves into half of it, if there is one. */
function shrink(source: i32): void {
  if (capacityOf(source) <= FEW_SLOTS || halves[(source << 5) + S_ENTRIES_HALF] === 0) return;
  moveBlock(source, (words[(source << 4) + S_BLOCK] & ORDER_BITS) - 1);
}

/** An entry loses its place to another, whatever it still counts or has to tell. */
export function evictEntry(source: i32, slot: i32): void {
  const at = entryAt(source, slot);
  const clockMs = times[H_CLOCK_MS];
  times[H_GONE_MS] = clockMs;
  times[H_EVICTED_SERVICES]++;
  if (halves[(at << 1) + E_UNTOLD_HALF] !== 0) {
    halves[(at << 1) + E_UNTOLD_HALF] = 0;
    times[H_SIGHTINGS_SHED]++;
    if (--halves[(source << 5) + S_DIRTY_HALF] === 0) unqueueSource(source);
  }
  const meta = words[at + E_META];
  if ((meta & META_IN_WINDOW) !== 0 && classOf(meta) !== UNCOUNTED) {
    noteShed(source, clockMs - ageOf(at, clockMs));
    noteFall(source, meta, false);
  }
  if (meta & META_IN_WINDOW) count(source, meta, -1);
  words[at + E_META] = meta & ~META_IN_WINDOW;
  expire(source, slot, at);
  noteQuiet(source);
}

/** While the lost entry would still be in the window, the counts of its source are lower bounds. */
export function noteShed(source: i32, lastMs: f64): void {
  const shed = (source << 3) + S_SHED_TIME;
  times[shed] = Math.max(times[shed], lastMs);
}

/** Frees the place of an entry that counts nowhere and has nothing to tell. */
export function forget(source: i32, slot: i32): void {
  unlink(source, slot);
  removeSlot(source, slot);
}

/** Whether any entry of a source has one of these marks. */
export function hasEntryWith(source: i32, marks: i32): bool {
  let slot = halves[(source << 5) + S_NEWEST_HALF];
  for (let left = halves[(source << 5) + S_ENTRIES_HALF]; left > 0; left--) {
    const at = entryAt(source, slot);
    if (words[at + E_META] & marks) return true;
    slot = halves[(at << 1) + E_OLDER_HALF];
  }
  return false;
}
