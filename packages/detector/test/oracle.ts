import { formatAddress, type ModelPolicy, outcomeOf, parseAddress, type Sighting } from '@connscan/model';
import type { Alert, Habit } from '../src/index.ts';
import { alertOf, outcomeNamed } from './oracle-alert.ts';
import { checkProbation, decisionOf, keepBeat, recognise } from './oracle-cadence.ts';
import { forget, slide } from './oracle-counts.ts';
import { endIfQuiet, endIfRecognised, judge } from './oracle-episode.ts';
import { exceptionOf, type IsProcess } from './oracle-exception.ts';
import {
  type Class,
  type Entry,
  type Episode,
  NO_BEAT,
  type Observation,
  rulesOf,
  type Source,
} from './oracle-state.ts';

/**
 * The rules of detection written down without a thought for cost: no table is ever full, every count is taken by
 * looking at everything. What the detector answers must be what this answers.
 */
export function createOracle(
  firstPolicy: ModelPolicy,
  { startedMs = 0, isProcess = () => false }: { readonly startedMs?: number; readonly isProcess?: IsProcess } = {},
) {
  const sources = new Map<string, Source>();
  const episodes: Episode[] = [];
  const counters = { observed: 0, late: 0, sameAddress: 0, malformed: 0 };
  const exceptionHits = firstPolicy.exceptions.map(() => 0);
  /** How often each interesting thing happened. */
  const happened = new Map<string, number>();
  const note = (what: string) => void happened.set(what, (happened.get(what) ?? 0) + 1);
  let rules = rulesOf(firstPolicy, startedMs, note);
  let advancedMs = 0;
  let wallOffsetMs = 0;
  let turn = 0;

  function observe(observation: Observation): void {
    counters.observed++;
    if (observation.source === observation.destination) {
      counters.sameAddress++;
      return;
    }
    if (isIPv6(observation.source) !== isIPv6(observation.destination)) {
      counters.malformed++;
      return;
    }
    const source = sourceOf(observation.source);
    if (isLate(source, observation.atMs)) {
      counters.late++;
      return;
    }
    const of = classOf(observation);
    const entry = take(source, observation, of);
    entry.untold++;
    if (!isIPv6(source.address) || isLinkLocal(source.address)) return;
    if (of === 'uncounted' || entry.habit || source.episode) return;
    const net = sourceOf(firstOf64(source.address), 64);
    if (!isLate(net, observation.atMs)) take(net, observation, of);
  }

  function sourceOf(address: string, prefixBits?: 64): Source {
    const key = `${address}/${prefixBits}`;
    const found = sources.get(key);
    if (found) return found;
    const source: Source = { address, prefixBits, clockMs: 0, entries: [], episode: undefined, startedMs: -1 };
    sources.set(key, source);
    return source;
  }

  function isLate(source: Source, atMs: number): boolean {
    return atMs <= Math.max(source.clockMs, advancedMs, atMs) - rules.windowMs;
  }

  function classOf(observation: Observation): Class {
    const { policy } = rules;
    const exception = exceptionOf(policy.exceptions, observation, wallOffsetMs, isProcess);
    if (exception >= 0) {
      exceptionHits[exception]!++;
      note('exception');
      return 'uncounted';
    }
    const outcome = outcomeOf(observation.outcome)!;
    if (outcome === 'empty_close' && !policy.countEmptyClose) return 'uncounted';
    if (policy.model.counted.includes(outcome)) return 'aborted';
    return policy.model.failed.includes(outcome) ? 'failed' : 'uncounted';
  }

  /** Moves the source's time on. Whether a habit broke. */
  function move(source: Source, ms: number): boolean {
    source.clockMs = Math.max(source.clockMs, advancedMs, ms);
    slide(rules, source);
    const broke = checkProbation(rules, source);
    forget(rules, source);
    endIfQuiet(rules, source);
    return broke;
  }

  function take(source: Source, { destination, port, outcome, atMs }: Observation, of: Class): Entry {
    move(source, atMs);
    let entry = source.entries.find((one) => one.destination === destination && one.port === port && one.of === of);
    turn++;
    if (!entry) {
      entry = { ...NEW_ENTRY, destination, port, of, lastMs: atMs, turn, outcome };
      source.entries.push(entry);
    }
    const revoked = entry.habit !== undefined && decisionOf(rules.policy, source, entry) === 'revoked';
    if (!entry.inWindow || revoked) Object.assign(entry, { firstMs: atMs, connections: 0, novel: true, broken: false });
    if (atMs > entry.lastMs) {
      if (rules.policy.cadence.enabled && !entry.expired) keepBeat(rules, entry, atMs);
      Object.assign(entry, { lastMs: atMs, turn, outcome });
    }
    if (revoked) {
      Object.assign(entry, { ...NO_BEAT, habit: undefined, firstMs: entry.lastMs });
      note('revoked');
    } else {
      entry.firstMs = Math.min(entry.firstMs, atMs);
    }
    if (atMs === entry.lastMs) entry.outcome = Math.max(entry.outcome, outcome);
    entry.connections++;
    entry.inWindow = true;
    entry.inSlow = true;
    entry.expired = false;
    if (recognise(rules, source, entry, atMs)) endIfRecognised(rules, source);
    if (source.episode && of === 'aborted' && !entry.habit) {
      // A revoked habit counts from its latest connection on, which a late record may not be.
      source.episode.lastSeenMs = Math.max(source.episode.lastSeenMs, revoked ? entry.lastMs : atMs);
    }
    judgeSource(source, atMs);
    return entry;
  }

  function judgeSource(source: Source, ms: number): void {
    const started = judge(rules, source, ms);
    if (started) episodes.push(started);
  }

  function advance(nowMs: number, offsetMs = 0): void {
    if (nowMs < advancedMs) return;
    advancedMs = nowMs;
    wallOffsetMs = offsetMs;
    for (const source of sources.values()) {
      const broke = move(source, nowMs);
      if (source.episode || broke) judgeSource(source, source.clockMs);
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

  function takeSightings(): Sighting[] {
    return [...sources.values()].flatMap((source) => {
      const rows = source.entries
        .filter((entry) => entry.untold > 0)
        .map((entry) => ({
          source: source.address,
          destination: entry.destination,
          port: entry.port,
          outcome: outcomeNamed(entry),
          firstSeenMs: entry.habit ? entry.lastMs : entry.firstMs,
          lastSeenMs: entry.lastMs,
          connections: entry.untold,
        }));
      for (const entry of source.entries) entry.untold = 0;
      forget(rules, source);
      return rows;
    });
  }

  function habits(): Habit[] {
    return [...sources.values()].flatMap(({ address, prefixBits, entries }) =>
      entries.flatMap(({ destination, port, habit, beats, periodMs, lastMs }) =>
        habit
          ? {
              source: address,
              ...(prefixBits && { sourcePrefixBits: prefixBits }),
              destination,
              port,
              sinceMs: habit.sinceMs,
              ...(beats >= 4 && { periodMs }),
              lastSeenMs: lastMs,
              state: habit.state,
            }
          : [],
      ),
    );
  }

  const usePolicy = (policy: ModelPolicy) => {
    rules = rulesOf(policy, startedMs, note);
  };

  return { observe, advance, takeAlerts, takeSightings, habits, usePolicy, counters, exceptionHits, happened };
}

const NEW_ENTRY = {
  ...NO_BEAT,
  inWindow: false,
  inSlow: false,
  firstMs: 0,
  connections: 0,
  novel: false,
  untold: 0,
  habit: undefined,
  broken: false,
  expired: false,
};

const isIPv6 = (address: string) => address.includes(':');

/** fe80::/10 */
const isLinkLocal = (address: string) => /^fe[89ab]/.test(address);

function firstOf64(address: string): string {
  return formatAddress(parseAddress(address)!.fill(0, 8));
}
