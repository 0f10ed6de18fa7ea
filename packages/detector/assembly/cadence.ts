import {
  ABORTED,
  CADENCE_BEATS,
  CADENCE_PERIOD_SHIFT,
  CADENCE_WINDOWS,
  CADENCE_WINDOWS_SHIFT,
  E_CADENCE,
  E_CONNECTIONS_HALF,
  E_FIRST,
  E_LAST,
  E_META,
  E_OLDER_HALF,
  H_AT_MS,
  H_CLOCK_MS,
  H_UNDO,
  MAX_HABITUAL_PER_SOURCE,
  MAX_PERIOD_MS,
  META_BROKEN,
  META_HABITUAL,
  META_IN_SLOW,
  META_IN_WINDOW,
  META_NOVEL,
  META_PINNED,
  META_PROBATION,
  P_LAST_SEEN_TIME,
  S_DUE_TIME,
  S_ENTRIES_HALF,
  S_EPISODE,
  S_FLAGS_HALF,
  S_HABITUAL_HALF,
  S_NEWEST_HALF,
  S_SLOW_HALF,
  S_WATCH_TIME,
  SOURCE_WATCHED,
} from '../src/layout.ts';
import { entryAt } from './block.ts';
import * as limits from './limits.ts';
import { lowBits } from './milliseconds.ts';
import { halves, times, words } from './tables.ts';
import { saveUndo } from './undo.ts';
import { unwatchSource, watchSource } from './watch.ts';
import { ageOf, classOf, count } from './window.ts';

/** Connections closer together than this, in milliseconds, are one visit: a retry, or both ends telling of it. */
const VISIT_MS: f64 = 100;

/** Visits at one beat that make a habit, and earlier windows that do without one. */
const STEADY_BEATS = 4;
const STEADY_WINDOWS = 3;

/** A beat is broken when it was missed so often. */
const MISSED_BEATS = 4;

/** How far from the period a beat may be: a quarter, and what a busy machine adds to a short one. */
export function toleranceMs(periodMs: f64): f64 {
  return Math.max(periodMs / 4, 50);
}

/** Milliseconds between the visits to an entry's service, 0 while none came again. */
export function periodOf(cadence: i32): i32 {
  return cadence >>> CADENCE_PERIOD_SHIFT;
}

export function beatsOf(cadence: i32): i32 {
  return cadence & CADENCE_BEATS;
}

function windowsOf(cadence: i32): i32 {
  return (cadence >> CADENCE_WINDOWS_SHIFT) & CADENCE_WINDOWS;
}

/** Whether a service is visited at a steady beat. */
export function hasBeat(cadence: i32): bool {
  return beatsOf(cadence) >= STEADY_BEATS;
}

/** Whether so regular a service does not count. */
export function isSteady(cadence: i32): bool {
  return hasBeat(cadence) || windowsOf(cadence) >= STEADY_WINDOWS;
}

/** The cadence after the record at work, which came `gapMs` after the last one. */
export function nextCadence(cadence: i32, gapMs: f64): i32 {
  if (gapMs < VISIT_MS) return cadence;
  const atMs = times[H_AT_MS];
  const windowMs = limits.windowMs;
  const period = periodOf(cadence);
  const beats = beatsOf(cadence);
  const windows = windowsOf(cadence);
  const later = gapMs > atMs - Math.floor(atMs / windowMs) * windowMs ? 1 : 0;
  const next = min(windows + later, CADENCE_WINDOWS) << CADENCE_WINDOWS_SHIFT;
  if (beats > 1 && Math.abs(gapMs - period) <= toleranceMs(period)) {
    return (period << CADENCE_PERIOD_SHIFT) | next | min(beats + 1, CADENCE_BEATS);
  }
  return ((Math.min(gapMs, MAX_PERIOD_MS) as i32) << CADENCE_PERIOD_SHIFT) | next | 2;
}

/** Takes an entry out of all counts, unless its source has its share of habits; a pinned one is never on probation. */
export function makeHabitual(source: i32, at: i32, pinned: bool): void {
  const half = source << 5;
  if (halves[half + S_HABITUAL_HALF] >= MAX_HABITUAL_PER_SOURCE) return;
  const meta = words[at + E_META];
  if (meta & META_IN_WINDOW) count(source, meta, -1);
  if (meta & META_IN_SLOW) halves[half + S_SLOW_HALF]--;
  const probation = !pinned && limits.probationMs > 0;
  words[at + E_META] =
    (meta & ~(META_IN_SLOW | META_NOVEL | META_BROKEN)) |
    META_HABITUAL |
    (pinned ? META_PINNED : 0) |
    (probation ? META_PROBATION : 0);
  words[at + E_FIRST] = lowBits(times[H_AT_MS] / 1000);
  halves[half + S_HABITUAL_HALF]++;
  if (!probation) return;
  watchHabit(source, at);
}

/** Sees to it that a source is looked at when a habit of it on probation is due, which may be earlier than before. */
export function watchHabit(source: i32, at: i32): void {
  const dueMs = Math.min(brokenMs(at) + 1, graduatedMs(at));
  const due = (source << 3) + S_DUE_TIME;
  times[due] = Math.min(times[due], dueMs);
  const watch = (source << 3) + S_WATCH_TIME;
  const isWatched = (halves[(source << 5) + S_FLAGS_HALF] & SOURCE_WATCHED) !== 0;
  times[watch] = isWatched ? Math.min(times[watch], dueMs) : dueMs;
  unwatchSource(source);
  watchSource(source);
}

/** A habitual entry counts again; it has to show its beat anew. */
export function loseHabit(source: i32, at: i32, flags: i32): void {
  const half = source << 5;
  let meta = (words[at + E_META] & ~(META_HABITUAL | META_PROBATION | META_PINNED)) | flags;
  const inWindow = (meta & META_IN_WINDOW) !== 0;
  if (inWindow && classOf(meta) === ABORTED) meta |= META_NOVEL;
  // What passed for a habit is not new, so it is nothing for the slow count.
  if ((flags & META_BROKEN) === 0 && classOf(meta) === ABORTED) {
    meta |= META_IN_SLOW;
    halves[half + S_SLOW_HALF]++;
  }
  words[at + E_FIRST] = words[at + E_LAST];
  words[at + E_CADENCE] = 1;
  halves[(at << 1) + E_CONNECTIONS_HALF] = 1;
  words[at + E_META] = meta;
  halves[half + S_HABITUAL_HALF]--;
  if (inWindow) count(source, meta, 1);
  const episode = words[(source << 4) + S_EPISODE];
  if (episode === 0 || !inWindow || classOf(meta) !== ABORTED) return;
  const lastSeen = (episode << 3) + P_LAST_SEEN_TIME;
  const clockMs = times[H_CLOCK_MS];
  times[lastSeen] = Math.max(times[lastSeen], clockMs - ageOf(at, clockMs));
}

/**
 * Looks at the habits of a source that are on probation: a beat that stopped before its probation was over was none, and
 * its services count again. Returns when to look again.
 */
export function checkProbation(source: i32): f64 {
  const clockMs = times[H_CLOCK_MS];
  let slot = halves[(source << 5) + S_NEWEST_HALF];
  let dueMs: f64 = Infinity;
  for (let left = halves[(source << 5) + S_ENTRIES_HALF]; left > 0; left--) {
    const at = entryAt(source, slot);
    slot = halves[(at << 1) + E_OLDER_HALF];
    if ((words[at + E_META] & META_PROBATION) === 0) continue;
    const broken = brokenMs(at);
    const graduated = graduatedMs(at);
    if (broken < clockMs && broken < graduated) {
      saveUndo(at);
      loseHabit(source, at, META_BROKEN);
      words[H_UNDO] = 0;
    } else if (graduated <= clockMs) words[at + E_META] &= ~META_PROBATION;
    else dueMs = Math.min(dueMs, Math.min(broken + 1, graduated));
  }
  return dueMs;
}

/** Until when the next beat of a habitual entry has to come. */
function brokenMs(at: i32): f64 {
  const clockMs = times[H_CLOCK_MS];
  const cadence = words[at + E_CADENCE];
  const periodMs: f64 = hasBeat(cadence) ? periodOf(cadence) : limits.windowMs;
  return clockMs - ageOf(at, clockMs) + MISSED_BEATS * periodMs;
}

function graduatedMs(at: i32): f64 {
  return (words[at + E_FIRST] as u32 as f64) * 1000 + limits.probationMs;
}
