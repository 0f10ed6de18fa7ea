import { type Outcome, outcomeOf, type Policy, SEVERITIES, type Sighting } from '@connscan/model';
import type { Alert } from '../src/index.ts';

/** One record as the tests write it: addresses as text. */
export type Observation = {
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly outcome: number;
  readonly atMs: number;
};

type Class = 'aborted' | 'failed' | 'uncounted';
type Entry = {
  readonly destination: string;
  readonly port: number;
  readonly of: Class;
  lastMs: number;
  /** Which record gave lastMs its value: entries of one time stand in this order. */
  turn: number;
  outcome: number;
  firstMs: number;
  connections: number;
  novel: boolean;
  untold: { firstMs: number; connections: number } | undefined;
};
type Episode = {
  readonly source: Source;
  readonly startedMs: number;
  readonly firstSeenMs: number;
  lastSeenMs: number;
  severity: number;
  rule: 'threshold' | 'corroborated';
  threshold: number;
  confirmed: boolean;
  alertedMs: number;
  told: number;
  underMs: number | undefined;
  endedMs: number | undefined;
  revision: number;
  pending: Set<Alert['alertType']>;
};
type Source = { readonly address: string; readonly entries: Entry[]; episode: Episode | undefined };

/**
 * The rules of detection written down without a thought for cost: nothing is ever forgotten, every count is taken by
 * looking at everything. What the detector answers must be what this answers.
 */
export function createOracle(policy: Policy) {
  const windowMs = policy.rollupPeriodSeconds * 1000;
  const updateMs = policy.updateIntervalSeconds * 1000;
  const sources = new Map<string, Source>();
  const episodes: Episode[] = [];
  const counters = { observed: 0, late: 0, sameAddress: 0 };
  let advancedMs = 0;
  let turn = 0;

  const classOf = (outcome: number): Class => {
    const name = outcomeOf(outcome);
    if (name === 'reset' || (name === 'empty_close' && policy.countEmptyClose)) return 'aborted';
    return name === 'refused' || name === 'unanswered' ? 'failed' : 'uncounted';
  };
  const clockOf = (source: Source) => Math.max(advancedMs, ...source.entries.map((entry) => entry.lastMs));
  const inWindow = (source: Source, of: Class, ms: number) =>
    source.entries.filter((entry) => entry.of === of && entry.lastMs > ms - windowMs);
  const isCorroborated = (source: Source, ms: number) =>
    inWindow(source, 'aborted', ms).length >= policy.corroborated.abortedServices &&
    inWindow(source, 'failed', ms).length >= policy.corroborated.failedServices;
  const reached = (source: Source, ms: number) =>
    SEVERITIES.filter((severity) => inWindow(source, 'aborted', ms).length >= policy.thresholds[severity]).length;
  const severityOf = (source: Source, ms: number) => Math.max(reached(source, ms), isCorroborated(source, ms) ? 2 : 0);

  function settle(source: Source, clockMs: number): void {
    const { episode } = source;
    if (!episode) return;
    episode.underMs ??= source.entries
      .map((entry) => entry.lastMs + windowMs)
      .sort((x, y) => x - y)
      .find((ms) => ms <= clockMs && severityOf(source, ms) === 0);
    if (episode.underMs === undefined || episode.underMs + windowMs > clockMs) return;
    episode.endedMs = episode.underMs + windowMs;
    episode.pending.add('end');
    source.episode = undefined;
  }

  function judge(source: Source, clockMs: number, atMs: number): void {
    const severity = severityOf(source, clockMs);
    const corroborated = isCorroborated(source, clockMs);
    const aborted = inWindow(source, 'aborted', clockMs);
    const times = aborted.map((entry) => entry.lastMs);
    const episode = source.episode;
    if (!episode) {
      if (severity === 0) return;
      source.episode = {
        source,
        startedMs: atMs,
        firstSeenMs: Math.min(...times),
        lastSeenMs: Math.max(...times),
        severity,
        ...ruleOf(source, severity, clockMs),
        confirmed: corroborated || clockMs - atMs >= policy.confirmSeconds * 1000,
        alertedMs: 0,
        told: 0,
        underMs: undefined,
        endedMs: undefined,
        revision: 0,
        pending: new Set(),
      };
      episodes.push(source.episode);
      raise(source.episode, 'start', clockMs);
      return;
    }
    if (severity > 0) episode.underMs = undefined;
    const sinceMs = clockMs - episode.alertedMs;
    const novel = aborted.filter((entry) => entry.novel).length;
    const changed = sinceMs >= Math.min(windowMs, updateMs) / 10 && novel >= aborted.length / 2;
    const doubled = aborted.length >= 2 * episode.told;
    const rose = severity > episode.severity;
    const confirmed = corroborated || clockMs - episode.startedMs >= policy.confirmSeconds * 1000;
    const isNews =
      rose || (confirmed && !episode.confirmed) || (severity > 0 && (sinceMs >= updateMs || doubled || changed));
    if (rose) Object.assign(episode, { severity, ...ruleOf(source, severity, clockMs) });
    episode.confirmed ||= confirmed;
    if (isNews) raise(episode, 'ongoing', clockMs);
  }

  function ruleOf(source: Source, severity: number, ms: number): Pick<Episode, 'rule' | 'threshold'> {
    if (reached(source, ms) < severity) return { rule: 'corroborated', threshold: policy.corroborated.abortedServices };
    return { rule: 'threshold', threshold: policy.thresholds[SEVERITIES[severity - 1]!] };
  }

  function raise(episode: Episode, alertType: Alert['alertType'], clockMs: number): void {
    episode.pending.add(alertType);
    episode.alertedMs = clockMs;
    episode.told = Math.max(episode.told, inWindow(episode.source, 'aborted', clockMs).length);
    for (const entry of episode.source.entries) entry.novel = false;
  }

  function observe({ source: address, destination, port, outcome, atMs }: Observation): void {
    counters.observed++;
    if (address === destination) {
      counters.sameAddress++;
      return;
    }
    const source = sources.get(address) ?? { address, entries: [], episode: undefined };
    const clockMs = Math.max(clockOf(source), atMs);
    if (atMs <= clockMs - windowMs) {
      counters.late++;
      return;
    }
    sources.set(address, source);
    settle(source, clockMs);
    const of = classOf(outcome);
    let entry = source.entries.find((one) => one.destination === destination && one.port === port && one.of === of);
    turn++;
    if (!entry) {
      const stay = { lastMs: atMs, turn, outcome, firstMs: atMs, connections: 0, novel: true, untold: undefined };
      entry = { destination, port, of, ...stay };
      source.entries.push(entry);
    } else if (entry.lastMs <= clockMs - windowMs) {
      Object.assign(entry, { firstMs: atMs, connections: 0, novel: true });
    }
    if (atMs > entry.lastMs) Object.assign(entry, { lastMs: atMs, turn, outcome });
    if (atMs === entry.lastMs) entry.outcome = Math.max(entry.outcome, outcome);
    entry.firstMs = Math.min(entry.firstMs, atMs);
    entry.connections++;
    entry.untold ??= { firstMs: atMs, connections: 0 };
    entry.untold.firstMs = Math.min(entry.untold.firstMs, atMs);
    entry.untold.connections++;
    if (source.episode && of === 'aborted') source.episode.lastSeenMs = Math.max(source.episode.lastSeenMs, atMs);
    judge(source, clockMs, atMs);
  }

  function advance(nowMs: number): void {
    if (nowMs < advancedMs) return;
    advancedMs = nowMs;
    for (const source of sources.values()) {
      if (!source.episode) continue;
      const clockMs = clockOf(source);
      settle(source, clockMs);
      if (source.episode) judge(source, clockMs, clockMs);
    }
  }

  function takeAlerts(): Alert[] {
    return episodes.flatMap((episode) => {
      if (episode.pending.has('start')) episode.pending.delete('ongoing');
      const alerts = [...episode.pending].map((alertType) => alertOf(episode, alertType));
      episode.pending.clear();
      return alerts;
    });
  }

  function alertOf(episode: Episode, alertType: Alert['alertType']): Alert {
    const clockMs = clockOf(episode.source);
    const latest = (of: Class) =>
      inWindow(episode.source, of, clockMs).sort((x, y) => y.lastMs - x.lastMs || y.turn - x.turn);
    const aborted = latest('aborted');
    const ports = Map.groupBy(aborted, (entry) => entry.port);
    return {
      alertType,
      revision: ++episode.revision,
      severity: SEVERITIES[episode.severity - 1]!,
      confidence: episode.confirmed ? 'confirmed' : 'tentative',
      rule: episode.rule,
      threshold: episode.threshold,
      source: episode.source.address,
      distinctServices: aborted.length,
      distinctHosts: new Set(aborted.map((entry) => entry.destination)).size,
      distinctPorts: ports.size,
      failedServices: latest('failed').length,
      atLeast: false,
      firstSeenMs: episode.firstSeenMs,
      lastSeenMs: episode.lastSeenMs,
      startedMs: episode.startedMs,
      topPorts: [...ports]
        .map(([port, entries]) => ({ port, hosts: entries.length }))
        .sort((x, y) => y.hosts - x.hosts || x.port - y.port)
        .slice(0, 20),
      samples: [...aborted, ...latest('failed')].slice(0, 20).map((entry) => ({
        destination: entry.destination,
        port: entry.port,
        outcome: outcomeOf(entry.outcome) as Outcome,
        firstSeenMs: entry.firstMs,
        lastSeenMs: entry.lastMs,
        connections: entry.connections,
      })),
      ...(alertType === 'end' && { endReason: 'quiet' as const, endedMs: episode.endedMs as number }),
    };
  }

  function takeSightings(): Sighting[] {
    return [...sources.values()].flatMap(({ address, entries }) =>
      entries.flatMap((entry) => {
        const { untold, destination, port, lastMs } = entry;
        entry.untold = undefined;
        if (!untold) return [];
        const outcome = outcomeOf(entry.outcome) as Outcome;
        const times = { firstSeenMs: untold.firstMs, lastSeenMs: lastMs };
        return [{ source: address, destination, port, outcome, ...times, connections: untold.connections }];
      }),
    );
  }

  return { observe, advance, takeAlerts, takeSightings, counters };
}
