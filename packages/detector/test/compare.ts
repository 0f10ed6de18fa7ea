import assert from 'node:assert/strict';
import { MAX_SAMPLES, type ModelPolicy, type Sighting } from '@connscan/model';
import {
  type Alert,
  createShard,
  type Detector,
  type Habit,
  openDetector,
  restoreShard,
  saveShard,
} from '../src/index.ts';
import { addTo, observeWith } from './observer.ts';
import { createOracle } from './oracle.ts';
import type { Observation } from './oracle-state.ts';
import { isProcess, WALL_START_MS } from './policies.ts';
import { inOrder, type Scenario, type Step } from './scenario.ts';

/** Roomy: no table of the detector may fill, as those of the oracle have no end. */
const SIZE = { sources: 128, services: 2048, episodes: 1024, key: [1, 2] as const };

/** Plays a scenario to the oracle and to detectors of so many shards each. How often each interesting thing happened. */
export function compare(scenario: Scenario, shardCounts: readonly number[]): ReadonlyMap<string, number> {
  const { startedMs, steps } = scenario;
  let { policy } = scenario;
  const oracle = createOracle(policy, { startedMs, isProcess });
  const sharded = shardCounts.map((shards, index) => createSharded(shards, policy, startedMs, index % 2 === 1));
  // A restored shard has its records of one time in another order.
  const isRestored = steps.some(({ kind }) => kind === 'restore');
  const comparable = (alerts: readonly Alert[]) => inOrder(isRestored ? alerts.map(withoutTies) : alerts);
  const wallOffsetMs = WALL_START_MS - startedMs;

  function perform(step: Step): void {
    if (step.kind === 'observe') {
      oracle.observe(step.observation);
      for (const one of sharded) one.observe(step.observation);
    } else if (step.kind === 'advance') {
      oracle.advance(step.nowMs, wallOffsetMs);
      for (const one of sharded) one.each((detector) => detector.advance(step.nowMs, wallOffsetMs));
    } else if (step.kind === 'revoke') {
      const { source, destination, port } = step.rule;
      const isDecided = policy.habits.some(
        (rule) => rule.source === source && rule.destination === destination && rule.port === port,
      );
      if (isDecided) return;
      policy = { ...policy, habits: [...policy.habits, step.rule] };
      oracle.usePolicy(policy);
      for (const one of sharded) one.usePolicy(policy);
    } else if (step.kind === 'alerts') {
      const expected = comparable(oracle.takeAlerts());
      for (const one of sharded) assert.deepEqual(comparable(one.all((detector) => detector.takeAlerts())), expected);
    } else if (step.kind === 'sightings') {
      const expected = linesOf(oracle.takeSightings().map(sightingLine));
      for (const one of sharded) assert.deepEqual(linesOf(one.all(takeAllSightings).map(sightingLine)), expected);
    } else if (step.kind === 'habits') {
      const expected = linesOf(oracle.habits().map(habitLine));
      for (const one of sharded) {
        assert.deepEqual(linesOf(one.all((detector) => detector.habits()).map(habitLine)), expected);
      }
    } else if (step.kind === 'reopen') {
      for (const one of sharded) one.reopen();
    } else {
      for (const one of sharded) one.restore();
    }
  }

  for (const step of steps) perform(step);
  for (const kind of ['alerts', 'sightings', 'habits'] as const) perform({ kind });
  for (const one of sharded) {
    const counters = one.all((detector) => [detector.counters()]);
    const sum = (of: (one: (typeof counters)[number]) => number) => counters.reduce((total, one) => total + of(one), 0);
    const { observed, late, sameAddress, malformed } = oracle.counters;
    assert.deepEqual(
      {
        observed: sum((one) => one.observed),
        late: sum((one) => one.late),
        sameAddress: sum((one) => one.ignored.sameAddress),
        malformed: sum((one) => one.ignored.malformed),
        exceptionHits: policy.exceptions.map((_, index) => sum((one) => one.exceptionHits[index]!)),
        lost: sum((one) => one.evictedServices + one.evictedSources + one.sightingsShed + one.episodesPutOff),
      },
      { observed, late, sameAddress, malformed, exceptionHits: oracle.exceptionHits, lost: 0 },
    );
  }
  return oracle.happened;
}

/** Detectors that share the sources out among them; a /64 and its addresses are one source. */
function createSharded(shards: number, firstPolicy: ModelPolicy, startedMs: number, isBatched: boolean) {
  let policy = firstPolicy;
  const open = (memory: WebAssembly.Memory) => openDetector(memory, policy, { isProcess });
  let memories = Array.from({ length: shards }, () => createShard({ ...SIZE, startedMs }));
  let detectors = memories.map(open);
  const flushAll = () => detectors.forEach((detector) => void detector.flush());
  const reopen = () => {
    flushAll();
    detectors = memories.map(open);
  };
  return {
    observe: (observation: Observation) => {
      const detector = detectors[shardOf(observation.source, shards)]!;
      if (isBatched) addTo(detector, observation);
      else observeWith(detector, observation);
    },
    each: (use: (detector: Detector) => void) => {
      flushAll();
      detectors.forEach(use);
    },
    all: <T>(take: (detector: Detector) => T[]) => {
      flushAll();
      return detectors.flatMap(take);
    },
    reopen,
    restore: () => {
      flushAll();
      memories = memories.map((memory) => restoreShard(saveShard(memory), SIZE));
      reopen();
    },
    usePolicy: (next: ModelPolicy) => {
      flushAll();
      policy = next;
      for (const detector of detectors) detector.usePolicy(next);
    },
  };
}

function shardOf(source: string, shards: number): number {
  const network = source.includes(':') ? source.replace(/[^:]*$/, '') : source;
  return (network.length * 3 + network.charCodeAt(network.length - 2)) % shards;
}

function takeAllSightings(detector: Detector): Sighting[] {
  const rows: Sighting[] = [];
  for (;;) {
    const more = detector.takeSightings(7);
    rows.push(...more);
    if (more.length < 7) return rows;
  }
}

/** Samples of one time in the order of their text, and without those that may have been left out for others. */
function withoutTies(alert: Alert): Alert {
  const keyOf = (sample: Alert['samples'][number]) => `${isFailed(sample)} ${sample.lastSeenMs}`;
  const last = alert.samples.length === MAX_SAMPLES ? keyOf(alert.samples.at(-1)!) : '';
  const samples = alert.samples
    .filter((sample) => keyOf(sample) !== last)
    .toSorted((x, y) => {
      return Number(isFailed(x)) - Number(isFailed(y)) || y.lastSeenMs - x.lastSeenMs || compareText(x, y);
    });
  return { ...alert, samples };
}

const isFailed = ({ outcome }: Alert['samples'][number]) => outcome === 'refused' || outcome === 'unanswered';

const compareText = (x: object, y: object) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1);

const linesOf = (lines: readonly string[]) => lines.toSorted();

const sightingLine = (row: Sighting) =>
  [row.source, row.destination, row.port, row.outcome, row.firstSeenMs, row.lastSeenMs, row.connections].join(' ');

const habitLine = (row: Habit) =>
  [
    `${row.source}/${row.sourcePrefixBits}`,
    `${row.destination} ${row.port}`,
    `since ${row.sinceMs} last ${row.lastSeenMs} each ${row.periodMs} ${row.state}`,
  ].join(' ');
