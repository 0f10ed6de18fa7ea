import { OUTCOMES, type Outcome, outcomeOf, SEVERITIES } from '@connscan/model';
import type { Alert } from '../src/index.ts';
import { counted, slowOnes } from './oracle-counts.ts';
import type { Class, Entry, Episode } from './oracle-state.ts';

/** What an episode tells when its alert is taken: the counts of that moment. */
export function alertOf(episode: Episode, alertType: Alert['alertType']): Alert {
  const { source } = episode;
  const latest = (of: Class) => counted(source, of).sort((x, y) => y.lastMs - x.lastMs || y.turn - x.turn);
  const aborted = latest('aborted');
  const failed = latest('failed');
  const ports = Map.groupBy(aborted, (entry) => entry.port);
  return {
    alertType,
    revision: ++episode.revision,
    severity: SEVERITIES[episode.severity - 1]!,
    confidence: episode.confirmed ? 'confirmed' : 'tentative',
    rule: episode.rule,
    threshold: episode.threshold,
    source: source.address,
    ...(source.prefixBits && { sourcePrefixBits: source.prefixBits }),
    distinctServices: aborted.length,
    distinctHosts: new Set(aborted.map((entry) => entry.destination)).size,
    distinctPorts: ports.size,
    failedServices: failed.length,
    slowServices: slowOnes(source).length,
    habitualServices: source.entries.filter((entry) => entry.habit && entry.inWindow).length,
    connections: connectionsOf([...aborted, ...failed]),
    atLeast: false,
    firstSeenMs: episode.firstSeenMs,
    lastSeenMs: episode.lastSeenMs,
    startedMs: episode.startedMs,
    topPorts: [...ports]
      .map(([port, entries]) => ({ port, hosts: entries.length }))
      .sort((x, y) => y.hosts - x.hosts || x.port - y.port)
      .slice(0, 20),
    samples: [...aborted, ...failed].slice(0, 20).map((entry) => ({
      destination: entry.destination,
      port: entry.port,
      outcome: outcomeNamed(entry),
      firstSeenMs: entry.firstMs,
      lastSeenMs: entry.lastMs,
      connections: entry.connections,
    })),
    ...(alertType === 'end' && { endReason: episode.end!.reason, endedMs: episode.end!.ms }),
  };
}

/** The outcome of an entry's latest connection. */
export function outcomeNamed(entry: Entry): Outcome {
  return outcomeOf(entry.outcome)!;
}

function connectionsOf(entries: readonly Entry[]): Record<Outcome, number> {
  const connections = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const entry of entries) connections[outcomeNamed(entry)] += entry.connections;
  return connections;
}
