import { END_REASONS, type EndReason, RULES } from '@connscan/model';
import {
  ABORTED,
  E_LAST_TIME,
  E_NEWER,
  E_OLDER,
  EPISODE_LINES,
  H_EPISODE_POOL,
  H_EPISODES_PUT_OFF,
  H_PENDING_ALERTS,
  H_TURN,
  P_ALERT_TURN,
  P_ALERTED_TIME,
  P_CONFIRMED,
  P_END_REASON,
  P_ENDED_TIME,
  P_FIRST_SEEN_TIME,
  P_LAST_SEEN_TIME,
  P_PENDING,
  P_REVISION,
  P_RULE,
  P_SEVERITY,
  P_SOURCE,
  P_STARTED_TIME,
  P_STATE,
  P_THRESHOLD,
  P_TOLD,
  P_UNDER_TIME,
  PENDING_END,
  PENDING_ONGOING,
  PENDING_START,
  RAISING,
  S_ABORTED_HALF,
  S_EDGE,
  S_EPISODE,
  S_FAILED_HALF,
  S_NEWEST,
  S_NOVEL_HALF,
  STATE_ENDED,
  STATE_OPEN,
} from './layout.ts';
import { isCorroborated, type Limits } from './limits.ts';
import { takeLine } from './pool.ts';
import type { Shard } from './shard.ts';
import { classOf } from './window.ts';

const BY_THRESHOLD = RULES.indexOf('threshold');
const BY_CORROBORATION = RULES.indexOf('corroborated');
const MEDIUM = 2;

/**
 * Starts an episode of a source that is over its limits, or raises an alert of the open one. Everything depends on
 * what is known now, not on what just happened, so judging again after a worker's death loses nothing.
 * `atMs` is the time of the record that caused it.
 */
export function judge(shard: Shard, source: number, clockMs: number, atMs: number): void {
  const { words, halves, limits } = shard;
  const aborted = halves[(source << 5) + S_ABORTED_HALF]!;
  const corroborated = isCorroborated(limits, aborted, halves[(source << 5) + S_FAILED_HALF]!);
  const reached = severityOf(limits, aborted);
  const severity = corroborated ? Math.max(reached, MEDIUM) : reached;
  const episode = words[(source << 4) + S_EPISODE]!;
  if (episode !== 0) goOn(shard, source, episode, severity, corroborated, clockMs);
  else if (severity !== 0) start(shard, source, severity, corroborated, clockMs, atMs);
}

/** 1 to 3 for the severities in rising order, 0 for a count under low. */
function severityOf(limits: Limits, aborted: number): number {
  if (aborted < limits.low) return 0;
  if (aborted < limits.medium) return 1;
  return aborted < limits.high ? MEDIUM : 3;
}

function start(
  shard: Shard,
  source: number,
  severity: number,
  corroborated: boolean,
  clockMs: number,
  atMs: number,
): void {
  const { words, times, limits } = shard;
  const episode = takeLine(shard, H_EPISODE_POOL, shard.episodesTo, EPISODE_LINES);
  if (episode === 0) {
    times[H_EPISODES_PUT_OFF]!++;
    return;
  }
  const at = episode << 4;
  words.fill(0, at, at + EPISODE_LINES * 16);
  words.copyWithin(at, source << 4, (source << 4) + 4);
  words[at + P_SOURCE] = source;
  words[at + P_CONFIRMED] = corroborated || clockMs - atMs >= limits.confirmMs ? 1 : 0;
  grade(shard, source, episode, severity);
  const time = episode << 3;
  times[time + P_STARTED_TIME] = atMs;
  times[time + P_FIRST_SEEN_TIME] = firstAbortedMs(shard, words[(source << 4) + S_EDGE]!, E_NEWER);
  times[time + P_LAST_SEEN_TIME] = firstAbortedMs(shard, words[(source << 4) + S_NEWEST]!, E_OLDER);
  times[time + P_UNDER_TIME] = -1;
  words[at + P_STATE] = STATE_OPEN;
  words[(source << 4) + S_EPISODE] = episode;
  beginAlert(shard, episode, PENDING_START);
  finishAlert(shard, source, episode, clockMs);
}

/** Severity only rises: what an episode once was it stays, with the rule and the threshold that made it so. */
function grade(shard: Shard, source: number, episode: number, severity: number): void {
  const { words, halves, limits } = shard;
  const at = episode << 4;
  const byThreshold = severityOf(limits, halves[(source << 5) + S_ABORTED_HALF]!) === severity;
  const asked = [limits.low, limits.medium, limits.high][severity - 1]!;
  words[at + P_RULE] = byThreshold ? BY_THRESHOLD : BY_CORROBORATION;
  words[at + P_THRESHOLD] = byThreshold ? asked : limits.corroboratedAborted;
  words[at + P_SEVERITY] = severity;
}

/** The time of the first aborted entry from `entry` on, towards newer or older ones. */
function firstAbortedMs(shard: Shard, entry: number, towards: number): number {
  while (classOf(shard, entry) !== ABORTED) entry = shard.words[(entry << 4) + towards]!;
  return shard.times[(entry << 3) + E_LAST_TIME]!;
}

function goOn(
  shard: Shard,
  source: number,
  episode: number,
  severity: number,
  corroborated: boolean,
  clockMs: number,
): void {
  const { words, times, limits } = shard;
  const at = episode << 4;
  const time = episode << 3;
  if (severity !== 0) times[time + P_UNDER_TIME] = -1;
  else if (times[time + P_UNDER_TIME]! < 0) times[time + P_UNDER_TIME] = clockMs;

  const rose = severity > words[at + P_SEVERITY]!;
  const confirmed = corroborated || clockMs - times[time + P_STARTED_TIME]! >= limits.confirmMs;
  const due = severity !== 0 && isDue(shard, source, episode, clockMs - times[time + P_ALERTED_TIME]!);
  const interrupted = words[at + P_PENDING]! & RAISING;
  if (!rose && !due && !interrupted && (!confirmed || words[at + P_CONFIRMED] === 1)) return;
  beginAlert(shard, episode, PENDING_ONGOING);
  if (rose) grade(shard, source, episode, severity);
  if (confirmed) words[at + P_CONFIRMED] = 1;
  finishAlert(shard, source, episode, clockMs);
}

/**
 * An update is due each update interval, and sooner in two cases. When twice as many aborted services are in the window as
 * any alert has told: so an alert is never far from the truth, and a scan of 1,024 services has ten at most. And when half
 * of those now in the window entered it after the last alert: a second scan is not hidden by the first.
 */
function isDue({ words, halves, limits }: Shard, source: number, episode: number, sinceAlertMs: number): boolean {
  const aborted = halves[(source << 5) + S_ABORTED_HALF]!;
  if (sinceAlertMs >= limits.updateMs || aborted >= 2 * words[(episode << 4) + P_TOLD]!) return true;
  if (sinceAlertMs < limits.changeMs) return false;
  return halves[(source << 5) + S_NOVEL_HALF]! * 2 >= aborted;
}

/** Alerts wait in the episode until they are taken; what they tell is read from the tables then. */
function beginAlert({ words }: Shard, episode: number, pending: number): void {
  if (words[(episode << 4) + P_PENDING] === 0) words[H_PENDING_ALERTS]!++;
  words[(episode << 4) + P_PENDING]! |= pending | RAISING;
}

function finishAlert({ words, halves, times }: Shard, source: number, episode: number, clockMs: number): void {
  times[(episode << 3) + P_ALERTED_TIME] = clockMs;
  const told = (episode << 4) + P_TOLD;
  words[told] = Math.max(words[told]!, halves[(source << 5) + S_ABORTED_HALF]!);
  words[(episode << 4) + P_ALERT_TURN] = words[H_TURN]!;
  halves[(source << 5) + S_NOVEL_HALF] = 0;
  words[(episode << 4) + P_PENDING]! &= ~RAISING;
}

/** Ends the episode of a source whose count has been under its limits for a rollup period. */
export function endIfQuiet(shard: Shard, source: number, clockMs: number): void {
  const episode = shard.words[(source << 4) + S_EPISODE]!;
  if (episode === 0) return;
  const underMs = shard.times[(episode << 3) + P_UNDER_TIME]!;
  const quietMs = underMs + shard.limits.windowMs;
  if (underMs >= 0 && quietMs <= clockMs) endEpisode(shard, source, 'quiet', quietMs);
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

/** An aborted connection of a source with an open episode. */
export function noteSeen(shard: Shard, episode: number, atMs: number): void {
  const lastSeen = (episode << 3) + P_LAST_SEEN_TIME;
  shard.times[lastSeen] = Math.max(shard.times[lastSeen]!, atMs);
}

/** The number of the next alert of an episode, from 1. */
export function nextRevision(shard: Shard, episode: number): number {
  return ++shard.words[(episode << 4) + P_REVISION]!;
}
