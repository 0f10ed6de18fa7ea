import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelPolicy } from '@connscan/model';
import { type Alert, alertOf, createShard, createTimedDetector, openDetector } from '../src/index.ts';
import { checkScenarios } from './check-scenarios.ts';
import { addTo, wordsOf } from './observer.ts';
import type { Observation } from './oracle-state.ts';
import { PROPERTY_RUNS, PROPERTY_SEED } from './property-runs.ts';
import { inOrder, scenarios } from './scenario.ts';

const SIZE = { sources: 128, services: 2048, episodes: 64 };
const KEY = [1, 2] as const;

/** As the clock of a replay has them. */
const STEP_MS = 1000;
const LAG_MS = 10_000;
const BEFORE_MS = 86_400_000;

test('a replay without the steps in which nothing is due, of one source after the other, finds what one of all seconds finds', () => {
  checkScenarios(scenarios({ least: 200, most: 400 }), { runs: PROPERTY_RUNS, seed: PROPERTY_SEED }, (scenario) => {
    const observations = scenario.steps
      .flatMap((step) => (step.kind === 'observe' && !step.observation.process ? [step.observation] : []))
      .toSorted((one, other) => one.atMs - other.atMs);
    if (observations.length === 0) return;
    const expected = inOrder(withEverySecond(scenario.policy, observations));
    assert.deepEqual(inOrder(withDueSteps(scenario.policy, observations)), expected);
  });
});

function withEverySecond(policy: ModelPolicy, observations: readonly Observation[]): Alert[] {
  const detector = openDetector(createShard({ ...SIZE, key: KEY, startedMs: BEFORE_MS }), policy, {
    tellsSightings: false,
  });
  const alerts: Alert[] = [];
  const wallOffsetMs = observations[0]!.atMs - BEFORE_MS;
  let nowMs = BEFORE_MS;
  const step = () => {
    detector.flush();
    detector.advance(nowMs, wallOffsetMs);
    if (detector.pendingAlerts() > 0) alerts.push(...detector.takeAlerts());
  };
  for (const observation of observations) {
    const atMs = observation.atMs - wallOffsetMs;
    while (nowMs + STEP_MS <= atMs - LAG_MS) {
      nowMs += STEP_MS;
      step();
    }
    addTo(detector, { ...observation, atMs });
  }
  step();
  return alerts;
}

/** All addresses of an IPv6 /64 are one group, as they count together too. */
function withDueSteps(policy: ModelPolicy, observations: readonly Observation[]): Alert[] {
  const alerts: Alert[] = [];
  const timed = createTimedDetector({
    ...{ settings: policy, key: KEY, size: SIZE },
    describe: alertOf,
    onAlert: (alert) => void alerts.push(alert),
  });
  const groups = Map.groupBy(observations, (observation) => {
    const [a, b, c, d] = wordsOf(observation);
    return c === 0xffff_0000 ? `${d}` : `${a} ${b}`;
  });
  for (const group of groups.values()) {
    timed.restart();
    timed.moveTo(observations[0]!.atMs);
    for (const observation of group) {
      const { port, outcome, atMs } = observation;
      timed.moveTo(atMs);
      timed.add(wordsOf(observation), 0, 4, port, outcome, atMs);
    }
    timed.moveTo(observations.at(-1)!.atMs);
    timed.end();
  }
  return alerts;
}
