import {
  BATCH_WORD,
  H_EPISODE_POOL,
  H_EPISODES_DUE_MS,
  H_PEAK,
  H_PENDING_ALERTS,
  H_WALL_OFFSET_MS,
  H_WATCH_DUE_MS,
  POOL_USED,
  R_MOVED_TIME,
  R_QUIET,
  R_SOURCE,
  S_ABORTED_HALF,
} from '../src/layout.ts';
import { advance } from './advance.ts';
import { observe } from './observe.ts';
import { findSource, isSource } from './source-table.ts';
import { halves, times, words } from './tables.ts';

/** Time moves by so much while replayed lines come, in their own time, or by a multiple of it. */
const STEP_MS: f64 = 1000;

/**
 * How far time stays behind the latest line, at the end too: Zeek writes a connection 5 s after it was closed or tried in vain,
 * but a reset one at once. Without this, a check each second would seem to have stopped.
 */
const LAG_MS: f64 = 10_000;

/** The last step; 0 before the first line. Of a replay alone, so it is in no table. */
let steppedMs: f64 = 0;

/** So many aborted services of a source in its window, at H_PEAK, make a replay stop. */
let stopAt: i32 = i32.MAX_VALUE;

/** All is quiet where no episode is open and the source of the record has fewer aborted services than this in its window. */
let quietBelow: i32 = 0;

/** Whether a replay stops where all is quiet. */
let stopsAtQuiet: bool = false;

/** The last step was at this time; 0: the next line is the first one of another replay. */
export function setStep(atMs: f64): void {
  steppedMs = atMs;
}

export function setStop(services: i32): void {
  stopAt = services;
}

export function setQuiet(services: i32, stops: bool): void {
  quietBelow = services;
  stopsAtQuiet = stops;
}

/**
 * A line ended at this time: time moves on behind it in steps of a second, so that what is due happens at its time. Steps in which
 * nothing is due are left out, which are nearly all of them. Where they may fall depends on the first line alone: two replays of
 * one beginning see a source alike, whoever else is in them. False if there are alerts to take before it goes on.
 */
export function moveTime(atMs: f64): bool {
  if (steppedMs === 0) steppedMs = Math.floor(atMs);
  const lastMs = steppedMs + Math.floor((atMs - LAG_MS - steppedMs) / STEP_MS) * STEP_MS;
  while (steppedMs < lastMs) {
    const isPending = words[H_PENDING_ALERTS] !== 0;
    const dueMs = isPending ? 0 : Math.min(times[H_EPISODES_DUE_MS], times[H_WATCH_DUE_MS]);
    const steps = Math.max(1, Math.ceil((dueMs - steppedMs) / STEP_MS));
    steppedMs = Math.min(lastMs, steppedMs + steps * STEP_MS);
    advance(steppedMs, times[H_WALL_OFFSET_MS]);
    if (words[H_PENDING_ALERTS] !== 0) return false;
  }
  return true;
}

/**
 * The records of the batch from one on, each when time has moved to it. Returns how many are done, which may be fewer when it was
 * to stop; when there are alerts to take before the next one, minus that and minus one.
 */
export function observeInTime(from: i32, records: i32): i32 {
  let source = 0;
  for (let record = from; record < records; record++) {
    const at = BATCH_WORD + (record << 4);
    if (!moveTime(times[(at >> 1) + R_MOVED_TIME])) return -1 - record;
    const a = words[at];
    const b = words[at + 1];
    const c = words[at + 2];
    const d = words[at + 3];
    // Often that of the record before.
    if (source === 0 || !isSource(source, a, b, c, d, 0)) source = findSource(a, b, c, d, 0);
    words[at + R_SOURCE] = source;
    observe(at);
    if (source === 0) source = findSource(a, b, c, d, 0);
    const quiet = isQuiet(source);
    words[at + R_QUIET] = quiet ? 1 : 0;
    if (words[H_PEAK] >= stopAt || (quiet && stopsAtQuiet)) return record + 1;
  }
  return records;
}

function isQuiet(source: i32): bool {
  if (words[H_EPISODE_POOL + POOL_USED] !== 0) return false;
  return source === 0 || halves[(source << 5) + S_ABORTED_HALF] < quietBelow;
}
