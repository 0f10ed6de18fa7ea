import {
  BY_BROKEN_CADENCE,
  H_STARTED_MS,
  P_ALERTED_TIME,
  P_CONFIRM_TIME,
  P_CONFIRMED,
  P_RULE,
  P_WAIT,
  S_ABORTED_HALF,
  S_DUE_TIME,
  S_EPISODE,
  S_FAILED_HALF,
  S_NOVEL_HALF,
  S_SLOW_HALF,
} from '../src/layout.ts';
import * as limits from './limits.ts';
import { halves, times, words } from './tables.ts';

/**
 * Before this time nothing changes at a source that was just judged, unless a record of it comes: a lower bound. Infinity if it
 * has no open episode.
 */
export function changesMs(source: i32): f64 {
  const episode = words[(source << 4) + S_EPISODE];
  if (episode === 0) return Infinity;
  const at = episode << 4;
  const time = episode << 3;
  // Its counts fall then, or it ends.
  let dueMs = times[(source << 3) + S_DUE_TIME];
  if (words[at + P_CONFIRMED] === 0 && words[at + P_RULE] !== BY_BROKEN_CADENCE) {
    const confirmMs = times[time + P_CONFIRM_TIME] + Math.max(0, words[at + P_WAIT] - 1);
    dueMs = Math.min(dueMs, Math.max(confirmMs, times[H_STARTED_MS] + limits.warmUpMs));
  }
  const half = source << 5;
  const aborted = halves[half + S_ABORTED_HALF];
  const novel = halves[half + S_NOVEL_HALF];
  const alertedMs = times[time + P_ALERTED_TIME];
  if (aborted >= limits.low || limits.isCorroborated(aborted, halves[half + S_FAILED_HALF])) {
    dueMs = Math.min(dueMs, alertedMs + (novel * 2 >= aborted ? limits.changeMs : limits.updateMs));
  } else if (novel > 0 && halves[half + S_SLOW_HALF] >= limits.slow) {
    dueMs = Math.min(dueMs, alertedMs + limits.updateMs);
  }
  return dueMs;
}
