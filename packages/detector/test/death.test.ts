import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { advance } from '../src/advance.ts';
import { type Alert, createShard, type Detector, openDetector } from '../src/index.ts';
import {
  H_IN_PROGRESS,
  S_ABORTED_HALF,
  S_DIRTY_HALF,
  S_ENTRIES_HALF,
  S_FAILED_HALF,
  S_LIVE_HALF,
} from '../src/layout.ts';
import { observe } from '../src/observe.ts';
import { type Shard, viewShard } from '../src/shard.ts';
import { takeAlerts } from '../src/take-alerts.ts';
import { takeSightings } from '../src/take-sightings.ts';
import { observeWith, wordsOf } from './observer.ts';
import { inOrder, SMALL_POLICY, type Step, steps } from './scenario.ts';

const ROOMY = { sources: 16, services: 400, episodes: 400, key: [1, 2] as const };
const TIGHT = { sources: 3, services: 12, episodes: 2, key: [1, 2] as const };

/** Before which store of its operation each worker dies, in turn; most operations have fewer than 60 stores. */
const fatalStores = fc.array(fc.nat(60), { minLength: 50, maxLength: 50 });

test('a worker may die before any store: the next one repeats the operation and the detections are the same', () => {
  const property = fc.property(steps, fatalStores, (sequence, stores) => {
    const buffer = createShard(ROOMY);
    const survivor = openDetector(createShard(ROOMY), SMALL_POLICY);
    const resident = openDetector(buffer, SMALL_POLICY);
    for (const [index, step] of sequence.entries()) {
      const dies = step.kind === 'observe' || step.kind === 'advance';
      if (dies) attempt(buffer, stores[index % stores.length]!, step);
      // A new worker, or one that had the shard open all the time.
      const detector = index % 2 === 0 ? openDetector(buffer, SMALL_POLICY) : resident;
      repeat(detector, step);
      if (dies) repeat(survivor, step);
      // Twice, as the repetition is: a duplicate changes only counts of connections.
      repeat(survivor, step);
      assert.deepEqual(alertsOf(detector), alertsOf(survivor));
      assert.deepEqual(servicesOf(detector), servicesOf(survivor));
    }
  });
  fc.assert(property, { numRuns: 60, seed: 42, endOnFailure: true });
});

test('whatever it was doing in full tables, the next worker finds them sound, repeated or not', () => {
  const property = fc.property(steps, fatalStores, (sequence, stores) => {
    const buffer = createShard(TIGHT);
    const ended = new Set<string>();
    for (const [index, step] of sequence.entries()) {
      attempt(buffer, stores[index % stores.length]! * 3, step);
      const detector = openDetector(buffer, SMALL_POLICY);
      if (index % 2 === 0) repeat(detector, step);
      assertRebuiltAlike(buffer);
      for (const alert of detector.takeAlerts()) assertStillOpen(alert, ended);
      const { sources, services, episodes } = detector.counters();
      assert.ok(sources <= TIGHT.sources && services <= TIGHT.services && episodes <= TIGHT.episodes);
    }
  });
  fc.assert(property, { numRuns: 40, seed: 42, endOnFailure: true });
});

const DEATH = new Error('the worker died');

/** A shard whose worker dies before its n-th store. */
function mortal(buffer: SharedArrayBuffer, storesLeft: number): Shard {
  const shard = viewShard(buffer, SMALL_POLICY);
  let left = storesLeft;
  const guard = <T extends object>(view: T): T =>
    new Proxy(view, {
      get(target, property) {
        const value = Reflect.get(target, property);
        return typeof value === 'function' ? value.bind(target) : value;
      },
      set(target, property, value) {
        if (left-- === 0) throw DEATH;
        return Reflect.set(target, property, value);
      },
    });
  return { ...shard, words: guard(shard.words), halves: guard(shard.halves), times: guard(shard.times) };
}

/** Performs a step with a worker that may die on the way, which leaves the mark in the header. */
function attempt(buffer: SharedArrayBuffer, storesLeft: number, step: Step): void {
  const shard = mortal(buffer, storesLeft);
  const header = new Int32Array(buffer);
  header[H_IN_PROGRESS] = 1;
  try {
    if (step.kind === 'observe') {
      const { port, outcome, atMs } = step.observation;
      observe(shard, wordsOf(step.observation), 0, 4, port, outcome, atMs);
    }
    if (step.kind === 'advance') advance(shard, step.nowMs);
    if (step.kind === 'alerts') takeAlerts(shard);
    if (step.kind === 'sightings') takeSightings(shard, 7);
  } catch (error) {
    if (error !== DEATH) throw error;
    return;
  }
  header[H_IN_PROGRESS] = 0;
}

function repeat(detector: Detector, step: Step): void {
  if (step.kind === 'observe') observeWith(detector, step.observation);
  if (step.kind === 'advance') detector.advance(step.nowMs);
}

/** Without samples: their counts of connections may be higher, and those of one time may change places. */
function alertsOf(detector: Detector): Omit<Alert, 'samples'>[] {
  return inOrder(detector.takeAlerts()).map(({ samples, ...alert }) => alert);
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
function assertRebuiltAlike(buffer: SharedArrayBuffer): void {
  const copy = () => {
    const twin = new SharedArrayBuffer(buffer.byteLength);
    new Uint8Array(twin).set(new Uint8Array(buffer));
    return twin;
  };
  const sound = openDetector(copy(), SMALL_POLICY);
  const marked = copy();
  new Int32Array(marked)[H_IN_PROGRESS] = 1;
  const rebuilt = openDetector(marked, SMALL_POLICY);
  assert.deepEqual(countsOf(marked), countsOf(buffer));
  const { services, episodes } = sound.counters();
  assert.deepEqual([rebuilt.counters().services, rebuilt.counters().episodes], [services, episodes]);
  assert.deepEqual(alertsOf(rebuilt), alertsOf(sound));
  assert.deepEqual(servicesOf(rebuilt), servicesOf(sound));
}

/** What each source counts. One with nothing left may still wait for the sweep. */
function countsOf(buffer: SharedArrayBuffer): number[][] {
  const { halves, sourcesFrom, entriesFrom } = viewShard(buffer, SMALL_POLICY);
  const sources = Array.from({ length: entriesFrom - sourcesFrom }, (_, index) => (sourcesFrom + index) << 5);
  return sources
    .filter((half) => halves[half + S_LIVE_HALF] === 1 && halves[half + S_ENTRIES_HALF] !== 0)
    .map((half) => [S_ABORTED_HALF, S_FAILED_HALF, S_ENTRIES_HALF, S_DIRTY_HALF].map((count) => halves[half + count]!));
}
