import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelPolicy } from '@connscan/model';
import fc from 'fast-check';
import { takeAlerts, takeSightings } from '../src/answer.ts';
import { type Alert, createShard, type Detector, openDetector } from '../src/index.ts';
import {
  H_IN_PROGRESS,
  H_UNDO,
  S_ABORTED_HALF,
  S_BROKEN_HALF,
  S_DIRTY_HALF,
  S_ENTRIES_HALF,
  S_FAILED_HALF,
  S_FLAGS_HALF,
  S_HABITUAL_HALF,
  S_SLOW_HALF,
  SOURCE_LINES,
  SOURCE_LIVE,
  WORKING,
} from '../src/layout.ts';
import { putRecord } from '../src/put-record.ts';
import { viewShard } from '../src/shard.ts';
import { checkScenarios } from './check-scenarios.ts';
import { createMortal, DEATH, type Mortal } from './mortal.ts';
import { observeWith, wordsOf } from './observer.ts';
import { isProcess, POLICIES, WALL_START_MS } from './policies.ts';
import { DEATH_RUNS, PROPERTY_SEED } from './property-runs.ts';
import { inOrder, type Scenario, type Step, scenarios } from './scenario.ts';

const ROOMY = { sources: 128, services: 2048, episodes: 400, key: [1, 2] as const };
const TIGHT = { sources: 3, services: 12, episodes: 2, key: [1, 2] as const };

/** Before which store of its operation each worker dies; most operations have fewer than 60 stores. */
const mortalScenarios = (mostStores: number) =>
  fc
    .tuple(scenarios({ least: 200, most: 400 }), fc.array(fc.nat(mostStores), { minLength: 50, maxLength: 50 }))
    .map(([scenario, stores]): Scenario => {
      const steps = scenario.steps.map((step, index) => ({ ...step, fatalStore: stores[index % stores.length]! }));
      return { ...scenario, steps };
    });

test('a worker may die before any store: the next one repeats the operation and the detections are the same', () => {
  checkScenarios(mortalScenarios(60), { runs: DEATH_RUNS, seed: PROPERTY_SEED }, playBeside);
});

test('a worker may die while other services than those of broken habits make the rule of a detection another one', () => {
  const ports = [22, 443, 32_768, 65_535];
  const visit = (host: number, port: number, atMs: number): Step => ({
    kind: 'observe',
    observation: { source: '10.0.0.101', destination: `10.1.0.${host}`, port, outcome: 2, atMs },
  });
  // Eight habits, which break, and then seven further services.
  const habits = [143_050, 145_050, 147_050, 149_050].flatMap((beatMs) =>
    [1, 2, 3, 4].flatMap((host, index) => [22, 443].map((port) => visit(host, port, beatMs + index))),
  );
  const others = [5, 6].flatMap((host) => ports.map((port) => visit(host, port, 157_800 + host * 100 + port / 1000)));
  for (let fatalStore = 0; fatalStore < 60; fatalStore++) {
    const steps = [...habits, ...others].map((step) => ({ ...step, fatalStore }));
    const end: Step = { kind: 'advance', nowMs: 204_811, fatalStore };
    playBeside({ policy: POLICIES[1]!, startedMs: 0, steps: [...steps, end] });
  }
});

/** Beside a worker that never dies. */
function playBeside(scenario: Scenario): void {
  const { policy, startedMs, steps } = scenario;
  const memory = createShard({ ...ROOMY, startedMs });
  const mortal = createMortal(memory, policy);
  const open = (of: WebAssembly.Memory) => openDetector(of, policy, { isProcess });
  const survivor = open(createShard({ ...ROOMY, startedMs }));
  const resident = open(memory);
  for (const [index, step] of steps.entries()) {
    const dies = step.kind === 'observe' || step.kind === 'advance';
    if (dies) attempt(mortal, step, scenario);
    // A new worker, or one that had the shard open all the time.
    const detector = index % 2 === 0 ? open(memory) : resident;
    repeat(detector, step, scenario);
    if (dies) repeat(survivor, step, scenario);
    // Twice, as the repetition is: a duplicate changes only counts of connections.
    repeat(survivor, step, scenario);
    assert.deepEqual(alertsOf(detector), alertsOf(survivor));
    assert.deepEqual(servicesOf(detector), servicesOf(survivor));
    if (step.kind === 'habits') assert.deepEqual(habitsOf(detector), habitsOf(survivor));
  }
  assert.deepEqual(habitsOf(resident), habitsOf(survivor));
}

test('whatever it was doing in full tables, the next worker finds them sound, repeated or not', () => {
  checkScenarios(mortalScenarios(180), { runs: DEATH_RUNS, seed: PROPERTY_SEED }, (scenario) => {
    const { policy, startedMs, steps } = scenario;
    const memory = createShard({ ...TIGHT, startedMs });
    const mortal = createMortal(memory, policy);
    const twins = [createShard({ ...TIGHT, startedMs }), createShard({ ...TIGHT, startedMs })] as const;
    const ended = new Set<string>();
    for (const [index, step] of steps.entries()) {
      attempt(mortal, step, scenario);
      const detector = openDetector(memory, policy, { isProcess });
      if (index % 2 === 0) repeat(detector, step, scenario);
      assertRebuiltAlike(memory, twins, policy);
      for (const alert of detector.takeAlerts()) assertStillOpen(alert, ended);
      const { sources, services, episodes } = detector.counters();
      assert.ok(sources <= TIGHT.sources && services <= TIGHT.services && episodes <= TIGHT.episodes);
    }
  });
});

/** Performs a step with a worker that may die on the way, which leaves the mark in the header. */
function attempt({ shard, live }: Mortal, step: Step, { startedMs }: Scenario): void {
  live(Number.POSITIVE_INFINITY);
  shard.words[H_IN_PROGRESS] = WORKING;
  if (step.kind === 'observe') {
    const { port, outcome, atMs, process = 0 } = step.observation;
    putRecord(shard, 0, wordsOf(step.observation), 0, 4, port, outcome, atMs, process);
  }
  live(step.fatalStore!);
  try {
    if (step.kind === 'observe') shard.core.observeMany(1);
    if (step.kind === 'advance') shard.core.advance(step.nowMs, WALL_START_MS - startedMs);
    if (step.kind === 'alerts') takeAlerts(shard);
    if (step.kind === 'sightings') takeSightings(shard, 7);
  } catch (error) {
    if (error !== DEATH) throw error;
    return;
  }
  live(Number.POSITIVE_INFINITY);
  shard.words[H_UNDO] = 0;
  shard.words[H_IN_PROGRESS] = 0;
}

function repeat(detector: Detector, step: Step, { startedMs }: Scenario): void {
  if (step.kind === 'observe') observeWith(detector, step.observation);
  if (step.kind === 'advance') detector.advance(step.nowMs, WALL_START_MS - startedMs);
}

/** Without connections, of which there may be more, and samples, as those of one time may change places. */
function alertsOf(detector: Detector): Omit<Alert, 'samples' | 'connections'>[] {
  return inOrder(detector.takeAlerts().map(({ samples, connections, ...alert }) => alert));
}

function habitsOf(detector: Detector): string[] {
  return detector
    .habits()
    .map((habit) => JSON.stringify(habit))
    .sort();
}

function servicesOf(detector: Detector): Set<string> {
  const rows = detector.takeSightings(1000);
  return new Set(
    rows.map(({ source, destination, port, outcome, lastSeenMs }) =>
      [source, destination, port, outcome, lastSeenMs].join(' '),
    ),
  );
}

/** After its end an episode tells nothing more; a new one of the same source begins with a start. */
function assertStillOpen({ source, startedMs, alertType }: Alert, ended: Set<string>): void {
  const episode = `${source} ${startedMs}`;
  if (alertType === 'start') ended.delete(episode);
  assert.ok(!ended.has(episode));
  if (alertType === 'end') ended.add(episode);
}

/** A rebuild of sound tables changes nothing that they tell. */
function assertRebuiltAlike(
  memory: WebAssembly.Memory,
  [soundMemory, rebuiltMemory]: readonly [WebAssembly.Memory, WebAssembly.Memory],
  policy: ModelPolicy,
): void {
  for (const twin of [soundMemory, rebuiltMemory]) new Uint8Array(twin.buffer).set(new Uint8Array(memory.buffer));
  const sound = openDetector(soundMemory, policy);
  new Int32Array(rebuiltMemory.buffer)[H_IN_PROGRESS] = WORKING;
  const rebuilt = openDetector(rebuiltMemory, policy);
  assert.deepEqual(countsOf(rebuiltMemory, policy), countsOf(memory, policy));
  const { services, episodes } = sound.counters();
  assert.deepEqual([rebuilt.counters().services, rebuilt.counters().episodes], [services, episodes]);
  assert.deepEqual(alertsOf(rebuilt), alertsOf(sound));
  assert.deepEqual(habitsOf(rebuilt), habitsOf(sound));
  assert.deepEqual(servicesOf(rebuilt), servicesOf(sound));
}

/** What each source counts. One with nothing left may still wait for the sweep. */
function countsOf(memory: WebAssembly.Memory, policy: ModelPolicy): number[][] {
  const { halves, sourcesFrom, episodesFrom } = viewShard(memory, policy);
  const counts: number[][] = [];
  for (let source = sourcesFrom; source < episodesFrom; source += SOURCE_LINES) {
    const half = source << 5;
    if ((halves[half + S_FLAGS_HALF]! & SOURCE_LIVE) === 0 || halves[half + S_ENTRIES_HALF] === 0) continue;
    counts.push(COUNTS.map((count) => halves[half + count]!));
  }
  return counts;
}

const COUNTS = [
  S_ABORTED_HALF,
  S_BROKEN_HALF,
  S_FAILED_HALF,
  S_SLOW_HALF,
  S_HABITUAL_HALF,
  S_ENTRIES_HALF,
  S_DIRTY_HALF,
];
