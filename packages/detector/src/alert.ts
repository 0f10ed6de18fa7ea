import { type AlertType, type Detection, END_REASONS, MAX_SAMPLES, OUTCOMES, RULES, SEVERITIES } from '@connscan/model';
import { entryText, sourceText } from './address-text.ts';
import {
  ABORTED,
  E_CONNECTIONS_HALF,
  E_META,
  E_OLDER_HALF,
  FAILED,
  H_CLOCK_MS,
  META_CLASS,
  META_CLASS_SHIFT,
  META_HABITUAL,
  META_IN_WINDOW,
  META_PORT,
  P_CONFIRMED,
  P_END_REASON,
  P_ENDED_TIME,
  P_FIRST_SEEN_TIME,
  P_LAST_SEEN_TIME,
  P_PREFIX,
  P_RULE,
  P_SEVERITY,
  P_STARTED_TIME,
  P_TELLING_REVISION,
  P_THRESHOLD,
  S_ABORTED_HALF,
  S_ENTRIES_HALF,
  S_FAILED_HALF,
  S_NEWEST_HALF,
  S_SHED_TIME,
  S_SLOW_HALF,
  SOURCE_PREFIX,
} from './layout.ts';
import type { Shard } from './shard.ts';
import { outcomeAt, serviceOf } from './take-sightings.ts';

/**
 * What a shard knows of a detection: all but who saw it. Times are boot-clock milliseconds. Counts and samples are
 * those of the window when the alert is taken; a source that lost its place has none.
 */
export type Alert = Omit<Detection, 'id' | 'model' | 'techniques' | 'process' | 'snapshot'>;

/** Of an alert what says how large a scan is; what is not there is undefined. */
export type AlertSummary = Pick<
  Alert,
  | 'alertType'
  | 'severity'
  | 'confidence'
  | 'rule'
  | 'source'
  | 'distinctServices'
  | 'distinctHosts'
  | 'distinctPorts'
  | 'failedServices'
  | 'slowServices'
  | 'startedMs'
> & { readonly sourcePrefixBits: 64 | undefined; readonly endedMs: number | undefined };

/** Entries of the window that count, by class, and how many are left out as habitual. */
type Window = { readonly aborted: number[]; readonly failed: number[]; habitual: number };

/** The next alert of an episode. */
export function alertOf(shard: Shard, episode: number, alertType: AlertType): Alert {
  const { words, times, halves, limits } = shard;
  const at = episode << 4;
  const time = episode << 3;
  const source = sourceNow(shard, episode);
  const clockMs = times[H_CLOCK_MS]!;
  const { aborted, failed, habitual } = windowOf(shard, source);
  const ended = alertType === 'end';
  return {
    alertType,
    revision: ++words[at + P_TELLING_REVISION]!,
    severity: SEVERITIES[words[at + P_SEVERITY]! - 1]!,
    confidence: words[at + P_CONFIRMED] === 1 ? 'confirmed' : 'tentative',
    rule: RULES[words[at + P_RULE]!]!,
    threshold: words[at + P_THRESHOLD]!,
    ...(ended && { endReason: END_REASONS[words[at + P_END_REASON]!]! }),
    source: sourceText(shard, episode),
    ...(words[at + P_PREFIX] === 1 && { sourcePrefixBits: 64 as const }),
    distinctServices: aborted.length,
    distinctHosts: hostsOf(shard, source, aborted),
    distinctPorts: portsOf(shard, aborted),
    failedServices: failed.length,
    slowServices: source === 0 ? 0 : halves[(source << 5) + S_SLOW_HALF]!,
    habitualServices: habitual,
    connections: connectionsOf(shard, [...aborted, ...failed]),
    atLeast: source !== 0 && times[(source << 3) + S_SHED_TIME]! > clockMs - limits.windowMs,
    firstSeenMs: times[time + P_FIRST_SEEN_TIME]!,
    lastSeenMs: times[time + P_LAST_SEEN_TIME]!,
    startedMs: times[time + P_STARTED_TIME]!,
    ...(ended && { endedMs: times[time + P_ENDED_TIME]! }),
    topPorts: topPorts(shard, aborted),
    samples: [...aborted, ...failed].slice(0, MAX_SAMPLES).map((entry) => ({
      ...serviceOf(shard, source, entry, clockMs),
      connections: halves[(entry << 1) + E_CONNECTIONS_HALF]!,
    })),
  };
}

/** The same alert, the short of it. */
export function summaryOf(shard: Shard, episode: number, alertType: AlertType): AlertSummary {
  const { words, times, halves } = shard;
  const at = episode << 4;
  const source = sourceNow(shard, episode);
  const half = source << 5;
  // An end mostly tells an empty window.
  const aborted = source === 0 || halves[half + S_ABORTED_HALF] === 0 ? [] : windowOf(shard, source).aborted;
  words[at + P_TELLING_REVISION]!++;
  return {
    alertType,
    severity: SEVERITIES[words[at + P_SEVERITY]! - 1]!,
    confidence: words[at + P_CONFIRMED] === 1 ? 'confirmed' : 'tentative',
    rule: RULES[words[at + P_RULE]!]!,
    source: sourceText(shard, episode),
    sourcePrefixBits: words[at + P_PREFIX] === 1 ? 64 : undefined,
    distinctServices: aborted.length,
    distinctHosts: hostsOf(shard, source, aborted),
    distinctPorts: portsOf(shard, aborted),
    failedServices: source === 0 ? 0 : halves[half + S_FAILED_HALF]!,
    slowServices: source === 0 ? 0 : halves[half + S_SLOW_HALF]!,
    startedMs: times[(episode << 3) + P_STARTED_TIME]!,
    endedMs: alertType === 'end' ? times[(episode << 3) + P_ENDED_TIME]! : undefined,
  };
}

/** The source of an episode, brought up to its time at H_CLOCK_MS; 0 if it lost its place. */
function sourceNow({ words, times, core }: Shard, episode: number): number {
  const at = episode << 4;
  const prefix = words[at + P_PREFIX] === 1 ? SOURCE_PREFIX : 0;
  const source = core.findSource(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!, prefix);
  times[H_CLOCK_MS] = source === 0 ? 0 : core.clockOf(source);
  if (source !== 0) core.moveClock(source);
  return source;
}

/**
 * The entries of the window, the newest first. Those of a source lie in one block, one behind the other: to ask the core for each
 * took longer than all else.
 */
function windowOf({ words, halves, core }: Shard, source: number): Window {
  const window: Window = { aborted: [], failed: [], habitual: 0 };
  if (source === 0) return window;
  const first = core.entryAt(source, 1);
  const shift = core.shiftOf(source);
  let slot = halves[(source << 5) + S_NEWEST_HALF]!;
  for (let left = halves[(source << 5) + S_ENTRIES_HALF]!; left > 0; left--) {
    const at = first + ((slot - 1) << shift);
    const meta = words[at + E_META]!;
    if ((meta & META_IN_WINDOW) === 0) break;
    const kind = (meta >> META_CLASS_SHIFT) & META_CLASS;
    if (meta & META_HABITUAL) window.habitual++;
    else if (kind === ABORTED) window.aborted.push(at);
    else if (kind === FAILED) window.failed.push(at);
    slot = halves[(at << 1) + E_OLDER_HALF]!;
  }
  return window;
}

function connectionsOf(shard: Shard, entries: readonly number[]): Alert['connections'] {
  const connections = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Alert['connections'];
  for (const entry of entries) connections[outcomeAt(shard, entry)] += shard.halves[(entry << 1) + E_CONNECTIONS_HALF]!;
  return connections;
}

/** A port is touched once per host, because a service is in the window once. */
function topPorts(shard: Shard, aborted: readonly number[]): Alert['topPorts'] {
  const hosts = new Map<number, number>();
  for (const entry of aborted) hosts.set(portOf(shard, entry), (hosts.get(portOf(shard, entry)) ?? 0) + 1);
  return [...hosts]
    .map(([port, count]) => ({ port, hosts: count }))
    .sort((x, y) => y.hosts - x.hosts || x.port - y.port)
    .slice(0, MAX_SAMPLES);
}

function hostsOf(shard: Shard, source: number, entries: readonly number[]): number {
  if (entries.length < 2) return entries.length;
  // The word of an IPv4 address says it all.
  if (shard.core.shiftOf(source) === 3) return countDistinct(shard.words, entries, 0, -1);
  return new Set(entries.map((entry) => entryText(shard, source, entry))).size;
}

function portsOf({ words }: Shard, entries: readonly number[]): number {
  return countDistinct(words, entries, E_META, META_PORT);
}

/** So few are sooner compared with each other than put into a set. */
const FEW = 16;

/** How many different bits there are in this word of the entries. */
function countDistinct(words: Int32Array, entries: readonly number[], word: number, bits: number): number {
  if (entries.length > FEW) return new Set(entries.map((entry) => words[entry + word]! & bits)).size;
  let distinct = 0;
  for (let one = 0; one < entries.length; one++) {
    const number = words[entries[one]! + word]! & bits;
    let before = 0;
    while ((words[entries[before]! + word]! & bits) !== number) before++;
    if (before === one) distinct++;
  }
  return distinct;
}

function portOf({ words }: Shard, entry: number): number {
  return words[entry + E_META]! & META_PORT;
}
