import {
  ABORTED,
  BY_BROKEN_CADENCE,
  BY_CORROBORATION,
  BY_SLOWNESS,
  BY_THRESHOLD,
  E_CADENCE,
  E_META,
  E_OLDER_HALF,
  END_QUIET,
  END_RECOGNISED,
  EPISODE_LINES,
  H_AT_MS,
  H_CLOCK_MS,
  H_EPISODE_POOL,
  H_EPISODES_DUE_MS,
  H_EPISODES_PUT_OFF,
  H_PENDING_ALERTS,
  H_STARTED_MS,
  META_HABITUAL,
  META_IN_WINDOW,
  META_NOVEL,
  P_ALERTED_TIME,
  P_CONFIRM_TIME,
  P_CONFIRMED,
  P_END_REASON,
  P_ENDED_TIME,
  P_FIRST_SEEN_TIME,
  P_LAST_SEEN_TIME,
  P_PENDING,
  P_PREFIX,
  P_RULE,
  P_SEVERITY,
  P_SOURCE,
  P_STARTED_TIME,
  P_STATE,
  P_THRESHOLD,
  P_TOLD,
  P_UNDER_TIME,
  P_WAIT,
  PENDING_END,
  PENDING_ONGOING,
  PENDING_START,
  RAISING,
  S_ABORTED_HALF,
  S_BROKEN_HALF,
  S_ENTRIES_HALF,
  S_EPISODE,
  S_FAILED_HALF,
  S_FLAGS_HALF,
  S_NEWEST_HALF,
  S_NOVEL_HALF,
  S_SLOW_HALF,
  S_STARTED_TIME,
  SORT_TIME,
  SOURCE_PREFIX,
  STATE_ENDED,
  STATE_OPEN,
} from '../src/layout.ts';
import { entryAt } from './block.ts';
import { beatsOf, periodOf, toleranceMs } from './cadence.ts';
import { changesMs } from './changes-ms.ts';
import * as limits from './limits.ts';
import { takeLine } from './pool.ts';
import { sort } from './sort.ts';
import { arenaFrom, halves, times, words } from './tables.ts';
import { ageOf, classOf, isSourceOver, noteQuiet } from './window.ts';

const MEDIUM = 2;

/** A common beat is waited for this often, and this long at most, in milliseconds. */
const WAIT_BEATS = 4;
const WAIT_MS = 300_000;

/**
 * Starts an episode of a source that is over its limits, or raises an alert of the open one. Everything depends on
 * what is known now, not on what just happened, so judging again after a worker's death loses nothing.
 * An episode starts at H_AT_MS.
 */
export function judge(source: i32): void {
  limits.useOf(source);
  const half = source << 5;
  const aborted = halves[half + S_ABORTED_HALF];
  const corroborated = limits.isCorroborated(aborted, halves[half + S_FAILED_HALF]);
  const slow = halves[half + S_SLOW_HALF] >= limits.slow ? 1 : 0;
  const severity = max(max(reachedBy(aborted), corroborated ? MEDIUM : 0), slow);
  const broken = halves[half + S_BROKEN_HALF];
  const brokenOnly = !corroborated && aborted >= limits.low && aborted - broken < limits.low;
  const episode = words[(source << 4) + S_EPISODE];
  if (episode !== 0) goOn(source, episode, severity, corroborated, brokenOnly);
  else if (severity !== 0) start(source, severity, corroborated, brokenOnly);
}

/** Lowers the time before which no open episode changes to what is known now of a source. */
function noteChanges(source: i32): void {
  times[H_EPISODES_DUE_MS] = Math.min(times[H_EPISODES_DUE_MS], changesMs(source));
}

/** 1 to 3 for the severities in rising order, 0 for a count under low. */
function reachedBy(aborted: i32): i32 {
  if (aborted < limits.low) return 0;
  if (aborted < limits.medium) return 1;
  return aborted < limits.high ? MEDIUM : 3;
}

function start(source: i32, severity: i32, corroborated: bool, brokenOnly: bool): void {
  const episode = takeLine(H_EPISODE_POOL, arenaFrom, EPISODE_LINES);
  if (episode === 0) {
    times[H_EPISODES_PUT_OFF]++;
    return;
  }
  const at = episode << 4;
  words.fill(0, at, at + EPISODE_LINES * 16);
  words.copyWithin(at, source << 4, (source << 4) + 4);
  words[at + P_PREFIX] = halves[(source << 5) + S_FLAGS_HALF] & SOURCE_PREFIX ? 1 : 0;
  words[at + P_SOURCE] = source;
  const time = episode << 3;
  // Times tell the episodes of a source apart, and one may end and the next begin within a millisecond.
  const startedMs = Math.max(times[H_AT_MS], times[(source << 3) + S_STARTED_TIME] + 1);
  times[time + P_STARTED_TIME] = startedMs;
  times[time + P_CONFIRM_TIME] = startedMs + limits.confirmMs;
  times[time + P_FIRST_SEEN_TIME] = startedMs;
  times[time + P_LAST_SEEN_TIME] = 0;
  noteWindow(source, episode);
  times[time + P_UNDER_TIME] = -1;
  grade(source, episode, severity, corroborated, brokenOnly);
  words[at + P_SEVERITY] = severity;
  words[at + P_CONFIRMED] = isConfirmed(source, episode, corroborated) ? 1 : 0;
  words[at + P_STATE] = STATE_OPEN;
  times[(source << 3) + S_STARTED_TIME] = startedMs;
  words[(source << 4) + S_EPISODE] = episode;
  beginAlert(episode, PENDING_START);
  finishAlert(source, episode);
}

/** First and last time of the aborted services that count now. */
function noteWindow(source: i32, episode: i32): void {
  const clockMs = times[H_CLOCK_MS];
  const time = episode << 3;
  let slot = halves[(source << 5) + S_NEWEST_HALF];
  for (let left = halves[(source << 5) + S_ENTRIES_HALF]; left > 0; left--) {
    const at = entryAt(source, slot);
    const meta = words[at + E_META];
    if ((meta & META_IN_WINDOW) === 0) break;
    slot = halves[(at << 1) + E_OLDER_HALF];
    if (!isCounted(meta)) continue;
    const ms = clockMs - ageOf(at, clockMs);
    times[time + P_FIRST_SEEN_TIME] = Math.min(times[time + P_FIRST_SEEN_TIME], ms);
    times[time + P_LAST_SEEN_TIME] = Math.max(times[time + P_LAST_SEEN_TIME], ms);
  }
  if (times[time + P_LAST_SEEN_TIME] === 0) times[time + P_LAST_SEEN_TIME] = times[time + P_FIRST_SEEN_TIME];
}

/** Whether an entry of the window is an aborted service that counts. */
function isCounted(meta: i32): bool {
  return classOf(meta) === ABORTED && (meta & META_HABITUAL) === 0;
}

/** The rule that gives a severity, and what it asks for: that first, as a worker's death may leave only one of them. */
function grade(source: i32, episode: i32, severity: i32, corroborated: bool, brokenOnly: bool): void {
  const at = episode << 4;
  if (brokenOnly) {
    words[at + P_THRESHOLD] = limits.low;
    words[at + P_RULE] = BY_BROKEN_CADENCE;
  } else if (reachedBy(halves[(source << 5) + S_ABORTED_HALF]) === severity) {
    words[at + P_THRESHOLD] = severity === 1 ? limits.low : severity === MEDIUM ? limits.medium : limits.high;
    words[at + P_RULE] = BY_THRESHOLD;
  } else if (corroborated) {
    words[at + P_THRESHOLD] = limits.corroboratedAborted;
    words[at + P_RULE] = BY_CORROBORATION;
  } else {
    words[at + P_THRESHOLD] = limits.slow;
    words[at + P_RULE] = BY_SLOWNESS;
  }
}

/**
 * Failures confirm at once. Time does, unless everything is new to a cold detector, the services passed for a health
 * checker's, or most of them were seen again at a common beat: then that gets a few more beats to show itself.
 */
function isConfirmed(source: i32, episode: i32, corroborated: bool): bool {
  if (corroborated) return true;
  const clockMs = times[H_CLOCK_MS];
  const at = episode << 4;
  const time = episode << 3;
  if (words[at + P_RULE] === BY_BROKEN_CADENCE || clockMs < times[H_STARTED_MS] + limits.warmUpMs) return false;
  if (clockMs < times[time + P_CONFIRM_TIME]) return false;
  // One store, so that a worker's death does not make it wait twice.
  if (words[at + P_WAIT] === 0) words[at + P_WAIT] = 1 + waitMs(source);
  return clockMs >= times[time + P_CONFIRM_TIME] + words[at + P_WAIT] - 1;
}

/** How long to wait for a common beat, 0 if most services show none. */
function waitMs(source: i32): i32 {
  let aborted = 0;
  let periods = 0;
  let slot = halves[(source << 5) + S_NEWEST_HALF];
  for (let left = halves[(source << 5) + S_ENTRIES_HALF]; left > 0; left--) {
    const at = entryAt(source, slot);
    const meta = words[at + E_META];
    if ((meta & META_IN_WINDOW) === 0) break;
    slot = halves[(at << 1) + E_OLDER_HALF];
    if (!isCounted(meta)) continue;
    aborted++;
    const cadence = words[at + E_CADENCE];
    if (beatsOf(cadence) >= 2) times[SORT_TIME + periods++] = periodOf(cadence);
  }
  if (periods === 0) return 0;
  sort(periods);
  const median = times[SORT_TIME + ((periods - 1) >> 1)];
  let common = 0;
  for (let i = 0; i < periods; i++) {
    if (Math.abs(times[SORT_TIME + i] - median) <= toleranceMs(median)) common++;
  }
  return common * 2 > aborted ? (Math.min(WAIT_BEATS * median, WAIT_MS) as i32) : 0;
}

/**
 * Severity only rises, and the rule that made it so stays. But services that passed for habitual are no proof, however many
 * they are: as long as nothing else is over the limits, the rule says so; and when something is, time begins anew.
 */
function goOn(source: i32, episode: i32, severity: i32, corroborated: bool, brokenOnly: bool): void {
  const at = episode << 4;
  const time = episode << 3;
  const clockMs = times[H_CLOCK_MS];
  if (severity !== 0) {
    times[time + P_UNDER_TIME] = -1;
  } else if (times[time + P_UNDER_TIME] < 0) {
    times[time + P_UNDER_TIME] = clockMs;
    noteQuiet(source);
  }

  const rose = severity > words[at + P_SEVERITY];
  if (brokenOnly && words[at + P_CONFIRMED] === 0) {
    grade(source, episode, severity, corroborated, true);
  } else if (severity !== 0 && words[at + P_RULE] === BY_BROKEN_CADENCE) {
    times[time + P_CONFIRM_TIME] = clockMs + limits.confirmMs;
    words[at + P_WAIT] = 0;
    grade(source, episode, severity, corroborated, false);
  }
  const confirms = words[at + P_CONFIRMED] === 0 && isConfirmed(source, episode, corroborated);
  const due = severity !== 0 && isDue(source, episode, corroborated);
  if (!rose && !due && !confirms && (words[at + P_PENDING] & RAISING) === 0) {
    noteChanges(source);
    return;
  }
  beginAlert(episode, PENDING_ONGOING);
  if (rose) {
    if (words[at + P_RULE] !== BY_BROKEN_CADENCE) grade(source, episode, severity, corroborated, false);
    // Last, so that after a worker's death it rises again.
    words[at + P_SEVERITY] = severity;
  }
  if (confirms) words[at + P_CONFIRMED] = 1;
  finishAlert(source, episode);
}

/**
 * An update is due each update interval, and sooner in two cases. When twice as many aborted services are in the window as
 * any alert has told: so an alert is never far from the truth, and a scan of 1,024 services has ten at most. And when half
 * of those now in the window entered it after the last alert: a second scan is not hidden by the first. A slow scan is
 * told again only when it went on.
 */
function isDue(source: i32, episode: i32, corroborated: bool): bool {
  const sinceAlertMs = times[H_CLOCK_MS] - times[(episode << 3) + P_ALERTED_TIME];
  const aborted = halves[(source << 5) + S_ABORTED_HALF];
  const novel = halves[(source << 5) + S_NOVEL_HALF];
  if (aborted < limits.low && !corroborated) return sinceAlertMs >= limits.updateMs && novel > 0;
  if (sinceAlertMs >= limits.updateMs || aborted >= 2 * words[(episode << 4) + P_TOLD]) return true;
  return sinceAlertMs >= limits.changeMs && novel * 2 >= aborted;
}

/** Alerts wait in the episode until they are taken; what they tell is read from the tables then. */
function beginAlert(episode: i32, pending: i32): void {
  if (words[(episode << 4) + P_PENDING] === 0) words[H_PENDING_ALERTS]++;
  words[(episode << 4) + P_PENDING] |= pending | RAISING;
}

function finishAlert(source: i32, episode: i32): void {
  times[(episode << 3) + P_ALERTED_TIME] = times[H_CLOCK_MS];
  const told = (episode << 4) + P_TOLD;
  words[told] = max(words[told], halves[(source << 5) + S_ABORTED_HALF]);
  let slot = halves[(source << 5) + S_NEWEST_HALF];
  for (let left = halves[(source << 5) + S_ENTRIES_HALF]; left > 0; left--) {
    const at = entryAt(source, slot);
    const meta = words[at + E_META];
    if ((meta & META_IN_WINDOW) === 0) break;
    slot = halves[(at << 1) + E_OLDER_HALF];
    if (isCounted(meta)) words[at + E_META] = meta & ~META_NOVEL;
  }
  halves[(source << 5) + S_NOVEL_HALF] = 0;
  // Before the last store: behind it a worker's death would undo the record and leave its alert.
  noteChanges(source);
  words[(episode << 4) + P_PENDING] &= ~RAISING;
}

/** Ends the episode of a source whose count has been under its limits for a rollup period. */
export function endIfQuiet(source: i32): void {
  const episode = words[(source << 4) + S_EPISODE];
  if (episode === 0) return;
  const underMs = times[(episode << 3) + P_UNDER_TIME];
  const quietMs = underMs + limits.windowMs;
  if (underMs >= 0 && quietMs <= times[H_CLOCK_MS]) endEpisode(source, END_QUIET, quietMs);
}

/** Ends the episode of a source that is under its limits because a service of it turned out to be habitual. */
export function endIfRecognised(source: i32): void {
  const episode = words[(source << 4) + S_EPISODE];
  if (episode === 0 || times[(episode << 3) + P_UNDER_TIME] >= 0 || isSourceOver(source)) return;
  endEpisode(source, END_RECOGNISED, times[H_CLOCK_MS]);
}

/** Ends the open episode of a source. */
export function endEpisode(source: i32, reason: i32, endedMs: f64): void {
  const episode = words[(source << 4) + S_EPISODE];
  words[(episode << 4) + P_END_REASON] = reason;
  times[(episode << 3) + P_ENDED_TIME] = endedMs;
  beginAlert(episode, PENDING_END);
  words[(episode << 4) + P_STATE] = STATE_ENDED;
  words[(source << 4) + S_EPISODE] = 0;
}

/** The record at work is an aborted connection of a source with an open episode. */
export function noteSeen(episode: i32): void {
  const lastSeen = (episode << 3) + P_LAST_SEEN_TIME;
  times[lastSeen] = Math.max(times[lastSeen], times[H_AT_MS]);
}
