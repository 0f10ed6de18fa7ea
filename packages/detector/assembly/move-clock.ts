import {
  H_CLOCK_MS,
  H_EPISODES_DUE_MS,
  H_SOURCE_POOL,
  POOL_FRESH,
  S_CLOCK_TIME,
  S_DUE_TIME,
  S_EPISODE,
  S_FLAGS_HALF,
  S_WATCH_TIME,
  SOURCE_LINES,
  SOURCE_WATCHED,
} from '../src/layout.ts';
import { checkProbation } from './cadence.ts';
import { endIfQuiet } from './episode.ts';
import { lookUpOverride } from './limits.ts';
import { halves, sourcesFrom, times, words } from './tables.ts';
import { slide } from './window.ts';

/** Ages of entries are exact up to 2^32 ms; a leap over more than this is made in two, and the first one ends all there is. */
const LEAP_MS: f64 = 2147483648;

/** Brings a source up to the time at H_CLOCK_MS, which is never earlier than where it is. */
export function moveClock(source: i32): void {
  const clock = (source << 3) + S_CLOCK_TIME;
  const toMs = times[H_CLOCK_MS];
  if (toMs - times[clock] > LEAP_MS) {
    times[H_CLOCK_MS] = times[clock] + LEAP_MS;
    step(source);
    times[H_CLOCK_MS] = toMs;
  }
  step(source);
  times[clock] = toMs;
}

function step(source: i32): void {
  const due = (source << 3) + S_DUE_TIME;
  if (times[H_CLOCK_MS] < times[due]) return;
  // With other counts it is to be judged, which not all who move its clock do.
  if (words[(source << 4) + S_EPISODE] !== 0) times[H_EPISODES_DUE_MS] = 0;
  slide(source);
  if (halves[(source << 5) + S_FLAGS_HALF] & SOURCE_WATCHED) {
    const probationMs = checkProbation(source);
    // What broke out of the window may be past its time.
    slide(source);
    times[due] = Math.min(times[due], probationMs);
    // With no habit on probation left it is looked at once more, and then no longer.
    times[(source << 3) + S_WATCH_TIME] = probationMs < Infinity ? probationMs : times[H_CLOCK_MS];
  }
  endIfQuiet(source);
}

/** Under other limits, something may be due earlier: every source is looked at when its clock moves next, with its own. */
export function lookAtAll(): void {
  times[H_EPISODES_DUE_MS] = 0;
  const end = words[H_SOURCE_POOL + POOL_FRESH];
  for (let source = sourcesFrom; source < end; source += SOURCE_LINES) {
    times[(source << 3) + S_DUE_TIME] = 0;
    lookUpOverride(source);
  }
}
