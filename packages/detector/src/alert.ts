import { type AlertType, type Detection, END_REASONS, MAX_SAMPLES, RULES, SEVERITIES } from '@connscan/model';
import { addressText } from './address-text.ts';
import { nextRevision } from './episode.ts';
import {
  ABORTED,
  E_CONNECTIONS,
  E_LAST_TIME,
  E_META,
  E_OLDER,
  E_STAY_MS,
  FAILED,
  META_IN_WINDOW,
  META_PORT,
  P_CONFIRMED,
  P_END_REASON,
  P_ENDED_TIME,
  P_FIRST_SEEN_TIME,
  P_LAST_SEEN_TIME,
  P_RULE,
  P_SEVERITY,
  P_STARTED_TIME,
  P_THRESHOLD,
  S_FAILED_HALF,
  S_NEWEST,
  S_SHED_TIME,
} from './layout.ts';
import type { Shard } from './shard.ts';
import { clockOf, findSourceOf } from './source-table.ts';
import { outcomeAt } from './take-sightings.ts';
import { classOf, slide } from './window.ts';

/**
 * What a shard knows of a detection: all but who saw it. Times are boot-clock milliseconds. Counts and samples are
 * those of the window when the alert is taken; a source that lost its place has none.
 */
export type Alert = Omit<Detection, 'id' | 'model' | 'techniques'>;

type Sample = Alert['samples'][number];

/** The next alert of an episode. */
export function alertOf(shard: Shard, episode: number, alertType: AlertType): Alert {
  const { words, times, halves, limits } = shard;
  const at = episode << 4;
  const time = episode << 3;
  const source = findSourceOf(shard, episode);
  const clockMs = source === 0 ? 0 : clockOf(shard, source);
  if (source !== 0) slide(shard, source, clockMs);
  const aborted = windowOf(shard, source, ABORTED);
  const ended = alertType === 'end';
  return {
    alertType,
    revision: nextRevision(shard, episode),
    severity: SEVERITIES[words[at + P_SEVERITY]! - 1]!,
    confidence: words[at + P_CONFIRMED] === 1 ? 'confirmed' : 'tentative',
    rule: RULES[words[at + P_RULE]!]!,
    threshold: words[at + P_THRESHOLD]!,
    ...(ended && { endReason: END_REASONS[words[at + P_END_REASON]!]! }),
    source: addressText(shard, episode),
    distinctServices: aborted.length,
    distinctHosts: new Set(aborted.map((entry) => addressText(shard, entry))).size,
    distinctPorts: new Set(aborted.map((entry) => portOf(shard, entry))).size,
    failedServices: source === 0 ? 0 : halves[(source << 5) + S_FAILED_HALF]!,
    atLeast: source !== 0 && times[(source << 3) + S_SHED_TIME]! > clockMs - limits.windowMs,
    firstSeenMs: times[time + P_FIRST_SEEN_TIME]!,
    lastSeenMs: times[time + P_LAST_SEEN_TIME]!,
    startedMs: times[time + P_STARTED_TIME]!,
    ...(ended && { endedMs: times[time + P_ENDED_TIME]! }),
    topPorts: topPorts(shard, aborted),
    samples: [...aborted, ...windowOf(shard, source, FAILED)]
      .slice(0, MAX_SAMPLES)
      .map((entry) => sampleOf(shard, entry)),
  };
}

/** The entries of one class in the window, the newest first. */
function windowOf(shard: Shard, source: number, of: number): number[] {
  const { words } = shard;
  const entries: number[] = [];
  let entry = source === 0 ? 0 : words[(source << 4) + S_NEWEST]!;
  while (entry !== 0 && words[(entry << 4) + E_META]! & META_IN_WINDOW) {
    if (classOf(shard, entry) === of) entries.push(entry);
    entry = words[(entry << 4) + E_OLDER]!;
  }
  return entries;
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

function sampleOf(shard: Shard, entry: number): Sample {
  const lastSeenMs = shard.times[(entry << 3) + E_LAST_TIME]!;
  return {
    destination: addressText(shard, entry),
    port: portOf(shard, entry),
    outcome: outcomeAt(shard, entry),
    firstSeenMs: lastSeenMs - shard.words[(entry << 4) + E_STAY_MS]!,
    lastSeenMs,
    connections: shard.words[(entry << 4) + E_CONNECTIONS]!,
  };
}

function portOf({ words }: Shard, entry: number): number {
  return words[(entry << 4) + E_META]! & META_PORT;
}
