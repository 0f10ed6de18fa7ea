import { END_REASONS, type EndReason, RULES } from '@connscan/model';
import { entryAt } from './block.ts';
import { beatsOf, periodOf, toleranceMs } from './cadence.ts';
import {
  ABORTED,
  E_CADENCE,
  E_META,
  E_OLDER_HALF,
  EPISODE_LINES,
  H_AT_MS,
  H_CLOCK_MS,
  H_EPISODE_POOL,
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
  P_TELLING_REVISION,
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
  SOURCE_PREFIX,
  STATE_ENDED,
  STATE_OPEN,
} from './layout.ts';
import { isCorroborated, type Limits } from './limits.ts';
import { takeLine } from './pool.ts';
import type { Shard } from './shard.ts';
import { ageOf, classOf, isSourceOver, noteQuiet } from './window.ts';

const BY_THRESHOLD = RULES.indexOf('threshold');
const BY_CORROBORATION = RULES.indexOf('corroborated');
const BY_SLOWNESS = RULES.indexOf('slow');
const BY_BROKEN_CADENCE = RULES.indexOf('cadence_broken');
const MEDIUM = 2;

/** A common beat is waited for this often, and this long at most, in milliseconds. */
const WAIT_BEATS = 4;
const WAIT_MS = 300_000;

/**
 * Starts an episode of a source that is over its limits, or raises an alert of the open one. Everything depends on
 * what is known now, not on what just happened, so judging again after a worker's death loses nothing.
 * An episode starts at H_AT_MS.
 */
export function judge(shard: Shard, source: number): void {
  const { words, halves, limits } = shard;
  const half = source << 5;
  const aborted = halves[half + S_ABORTED_HALF]!;
  const corroborated = isCorroborated(limits, aborted, halves[half + S_FAILED_HALF]!);
  const slow = halves[half + S_SLOW_HALF]! >= limits.slow ? 1 : 0;
  const severity = Math.max(reachedBy(limits, aborted), corroborated ? MEDIUM : 0, slow);
  const broken = halves[half + S_BROKEN_HALF]!;
  const brokenOnly = !corroborated && aborted >= limits.low && aborted - broken < limits.low;
  const episode = words[(source << 4) + S_EPISODE]!;
  if (episode !== 0) goOn(shard, source, episode, severity, corroborated, brokenOnly);
  else if (severity !== 0) start(shard, source, severity, corroborated, brokenOnly);
}

/** 1 to 3 for the severities in rising order, 0 for a count under low. */
function reachedBy(limits: Limits, aborted: number): number {
  if (aborted < limits.low) return 0;
  if (aborted < limits.medium) return 1;
  return aborted < limits.high ? MEDIUM : 3;
}

function start(shard: Shard, source: number, severity: number, corroborated: boolean, brokenOnly: boolean): void {
  const { words, halves, times, limits } = shard;
  const episode = takeLine(shard, H_EPISODE_POOL, shard.arenaFrom, EPISODE_LINES);
  if (episode === 0) {
    times[H_EPISODES_PUT_OFF]!++;
    return;
  }
  const at = episode << 4;
  words.fill(0, at, at + EPISODE_LINES * 16);
  words.copyWithin(at, source << 4, (source << 4) + 4);
  words[at + P_PREFIX] = halves[(source << 5) + S_FLAGS_HALF]! & SOURCE_PREFIX ? 1 : 0;
  words[at + P_SOURCE] = source;
  const time = episode << 3;
  // Times tell the episodes of a source apart, and one may end and the next begin within a millisecond.
  const startedMs = Math.max(times[H_AT_MS]!, times[(source << 3) + S_STARTED_TIME]! + 1);
  times[time + P_STARTED_TIME] = startedMs;
  times[time + P_CONFIRM_TIME] = startedMs + limits.confirmMs;
  times[time + P_FIRST_SEEN_TIME] = startedMs;
  times[time + P_LAST_SEEN_TIME] = 0;
  noteWindow(shard, source, episode);
  times[time + P_UNDER_TIME] = -1;
  grade(shard, source, episode, severity, corroborated, brokenOnly);
  words[at + P_SEVERITY] = severity;
  words[at + P_CONFIRMED] = isConfirmed(shard, source, episode, corroborated) ? 1 : 0;
  words[at + P_STATE] = STATE_OPEN;
  times[(source << 3) + S_STARTED_TIME] = startedMs;
  words[(source << 4) + S_EPISODE] = episode;
  beginAlert(shard, episode, PENDING_START);
  finishAlert(shard, source, episode);
}

/** First and last time of the aborted services that count now. */
function noteWindow(shard: Shard, source: number, episode: number): void {
  const { times } = shard;
  const clockMs = times[H_CLOCK_MS]!;
  const time = episode << 3;
  eachAborted(shard, source, (at) => {
    const ms = clockMs - ageOf(shard, at, clockMs);
    times[time + P_FIRST_SEEN_TIME] = Math.min(times[time + P_FIRST_SEEN_TIME]!, ms);
    times[time + P_LAST_SEEN_TIME] = Math.max(times[time + P_LAST_SEEN_TIME]!, ms);
  });
  times[time + P_LAST_SEEN_TIME] ||= times[time + P_FIRST_SEEN_TIME]!;
}

/** Visits the aborted entries that the window counts, the newest first. */
function eachAborted(shard: Shard, source: number, visit: (at: number) => void): void {
  const { words, halves } = shard;
  let slot = halves[(source << 5) + S_NEWEST_HALF]!;
  for (let left = halves[(source << 5) + S_ENTRIES_HALF]!; left > 0; left--) {
    const at = entryAt(shard, source, slot);
    const meta = words[at + E_META]!;
    if ((meta & META_IN_WINDOW) === 0) return;
    if (classOf(meta) === ABORTED && (meta & META_HABITUAL) === 0) visit(at);
    slot = halves[(at << 1) + E_OLDER_HALF]!;
  }
}

/** The rule that gives a severity, and what it asks for: that first, as a worker's death may leave only one of them. */
function grade(
  shard: Shard,
  source: number,
  episode: number,
  severity: number,
  corroborated: boolean,
  brokenOnly: boolean,
): void {
  const { words, halves, limits } = shard;
  const at = episode << 4;
  if (brokenOnly) {
    words[at + P_THRESHOLD] = limits.low;
    words[at + P_RULE] = BY_BROKEN_CADENCE;
  } else if (reachedBy(limits, halves[(source << 5) + S_ABORTED_HALF]!) === severity) {
    words[at + P_THRESHOLD] = [limits.low, limits.medium, limits.high][severity - 1]!;
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
function isConfirmed(shard: Shard, source: number, episode: number, corroborated: boolean): boolean {
  if (corroborated) return true;
  const { words, times, limits } = shard;
  const clockMs = times[H_CLOCK_MS]!;
  const at = episode << 4;
  const time = episode << 3;
  if (words[at + P_RULE] === BY_BROKEN_CADENCE || clockMs < times[H_STARTED_MS]! + limits.warmUpMs) return false;
  if (clockMs < times[time + P_CONFIRM_TIME]!) return false;
  // One store, so that a worker's death does not make it wait twice.
  if (words[at + P_WAIT] === 0) words[at + P_WAIT] = 1 + waitMs(shard, source);
  return clockMs >= times[time + P_CONFIRM_TIME]! + words[at + P_WAIT]! - 1;
}

/** How long to wait for a common beat, 0 if most services show none. */
function waitMs(shard: Shard, source: number): number {
  const periods: number[] = [];
  let aborted = 0;
  eachAborted(shard, source, (at) => {
    const cadence = shard.words[at + E_CADENCE]!;
    aborted++;
    if (beatsOf(cadence) >= 2) periods.push(periodOf(cadence));
  });
  periods.sort((x, y) => x - y);
  const median = periods[(periods.length - 1) >> 1] ?? 0;
  const common = periods.filter((period) => Math.abs(period - median) <= toleranceMs(median));
  return common.length * 2 > aborted ? Math.min(WAIT_BEATS * median, WAIT_MS) : 0;
}

/**
 * Severity only rises, and the rule that made it so stays. But services that passed for habitual are no proof, however many
 * they are: as long as nothing else is over the limits, the rule says so; and when something is, time begins anew.
 */
function goOn(
  shard: Shard,
  source: number,
  episode: number,
  severity: number,
  corroborated: boolean,
  brokenOnly: boolean,
): void {
  const { words, times, limits } = shard;
  const at = episode << 4;
  const time = episode << 3;
  const clockMs = times[H_CLOCK_MS]!;
  if (severity !== 0) {
    times[time + P_UNDER_TIME] = -1;
  } else if (times[time + P_UNDER_TIME]! < 0) {
    times[time + P_UNDER_TIME] = clockMs;
    noteQuiet(shard, source);
  }

  const rose = severity > words[at + P_SEVERITY]!;
  if (brokenOnly && words[at + P_CONFIRMED] === 0) {
    grade(shard, source, episode, severity, corroborated, true);
  } else if (severity !== 0 && words[at + P_RULE] === BY_BROKEN_CADENCE) {
    times[time + P_CONFIRM_TIME] = clockMs + limits.confirmMs;
    words[at + P_WAIT] = 0;
    grade(shard, source, episode, severity, corroborated, false);
  }
  const confirms = words[at + P_CONFIRMED] === 0 && isConfirmed(shard, source, episode, corroborated);
  const due = severity !== 0 && isDue(shard, source, episode, corroborated);
  if (!rose && !due && !confirms && (words[at + P_PENDING]! & RAISING) === 0) return;
  beginAlert(shard, episode, PENDING_ONGOING);
  if (rose) {
    if (words[at + P_RULE] !== BY_BROKEN_CADENCE) grade(shard, source, episode, severity, corroborated, false);
    // Last, so that after a worker's death it rises again.
    words[at + P_SEVERITY] = severity;
  }
  if (confirms) words[at + P_CONFIRMED] = 1;
  finishAlert(shard, source, episode);
}

/**
 * An update is due each update interval, and sooner in two cases. When twice as many aborted services are in the window as
 * any alert has told: so an alert is never far from the truth, and a scan of 1,024 services has ten at most. And when half
 * of those now in the window entered it after the last alert: a second scan is not hidden by the first. A slow scan is
 * told again only when it went on.
 */
function isDue(shard: Shard, source: number, episode: number, corroborated: boolean): boolean {
  const { words, halves, times, limits } = shard;
  const sinceAlertMs = times[H_CLOCK_MS]! - times[(episode << 3) + P_ALERTED_TIME]!;
  const aborted = halves[(source << 5) + S_ABORTED_HALF]!;
  const novel = halves[(source << 5) + S_NOVEL_HALF]!;
  if (aborted < limits.low && !corroborated) return sinceAlertMs >= limits.updateMs && novel > 0;
  if (sinceAlertMs >= limits.updateMs || aborted >= 2 * words[(episode << 4) + P_TOLD]!) return true;
  return sinceAlertMs >= limits.changeMs && novel * 2 >= aborted;
}

/** Alerts wait in the episode until they are taken; what they tell is read from the tables then. */
function beginAlert({ words }: Shard, episode: number, pending: number): void {
  if (words[(episode << 4) + P_PENDING] === 0) words[H_PENDING_ALERTS]!++;
  words[(episode << 4) + P_PENDING]! |= pending | RAISING;
}

function finishAlert(shard: Shard, source: number, episode: number): void {
  const { words, halves, times } = shard;
  times[(episode << 3) + P_ALERTED_TIME] = times[H_CLOCK_MS]!;
  const told = (episode << 4) + P_TOLD;
  words[told] = Math.max(words[told]!, halves[(source << 5) + S_ABORTED_HALF]!);
  eachAborted(shard, source, (at) => {
    words[at + E_META]! &= ~META_NOVEL;
  });
  halves[(source << 5) + S_NOVEL_HALF] = 0;
  words[(episode << 4) + P_PENDING]! &= ~RAISING;
}

/** Ends the episode of a source whose count has been under its limits for a rollup period. */
export function endIfQuiet(shard: Shard, source: number): void {
  const episode = shard.words[(source << 4) + S_EPISODE]!;
  if (episode === 0) return;
  const underMs = shard.times[(episode << 3) + P_UNDER_TIME]!;
  const quietMs = underMs + shard.limits.windowMs;
  if (underMs >= 0 && quietMs <= shard.times[H_CLOCK_MS]!) endEpisode(shard, source, 'quiet', quietMs);
}

/** Ends the episode of a source that is under its limits because a service of it turned out to be habitual. */
export function endIfRecognised(shard: Shard, source: number): void {
  const episode = shard.words[(source << 4) + S_EPISODE]!;
  if (episode === 0 || shard.times[(episode << 3) + P_UNDER_TIME]! >= 0 || isSourceOver(shard, source)) return;
  endEpisode(shard, source, 'recognised_cadence', shard.times[H_CLOCK_MS]!);
}

/** Ends the open episode of a source. */
export function endEpisode(shard: Shard, source: number, reason: EndReason, endedMs: number): void {
  const { words, times } = shard;
  const episode = words[(source << 4) + S_EPISODE]!;
  words[(episode << 4) + P_END_REASON] = END_REASONS.indexOf(reason);
  times[(episode << 3) + P_ENDED_TIME] = endedMs;
  beginAlert(shard, episode, PENDING_END);
  words[(episode << 4) + P_STATE] = STATE_ENDED;
  words[(source << 4) + S_EPISODE] = 0;
}

/** The record at work is an aborted connection of a source with an open episode. */
export function noteSeen({ times }: Shard, episode: number): void {
  const lastSeen = (episode << 3) + P_LAST_SEEN_TIME;
  times[lastSeen] = Math.max(times[lastSeen]!, times[H_AT_MS]!);
}

/** The number of the next alert of an episode that is being told, from 1. */
export function nextRevision(shard: Shard, episode: number): number {
  return ++shard.words[(episode << 4) + P_TELLING_REVISION]!;
}
