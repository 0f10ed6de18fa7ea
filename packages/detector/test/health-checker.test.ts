import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Alert, createShard, openDetector } from '../src/index.ts';
import { DEFAULT_MODEL_POLICY } from './policies.ts';
import { createRandom } from './random.ts';
import { type Beat, inShort, visitSteadily, wait } from './steady.ts';

const WARM_MS = 900_000;

/** Every alert of a checker's life, and of the ten minutes behind it. */
function alertsOf(beat: Beat): Alert[] {
  const size = { sources: 64, services: 4096, episodes: 64, key: [1, 2] as const };
  const detector = openDetector(createShard({ ...size, startedMs: 0 }), DEFAULT_MODEL_POLICY);
  const told: Alert[] = [];
  const tell = (alerts: readonly Alert[]) => void told.push(...alerts);
  const nowMs = visitSteadily(detector, beat, tell);
  wait(detector, nowMs, nowMs + 600_000, tell);
  return told;
}

const confirmed = (alerts: readonly Alert[]) => alerts.filter(({ confidence }) => confidence === 'confirmed');

test('a checker of 12 backends each 2 s is a tentative detection for four visits, and then it is recognised', () => {
  const told = alertsOf({ hosts: 12, periodMs: 2000, visits: 3000, fromMs: WARM_MS, spreadMs: 20 });
  assert.deepEqual(told.map(inShort), [
    'start tentative threshold low',
    'end tentative threshold low recognised_cadence',
  ]);
  assert.deepEqual([told[1]?.habitualServices, told[1]?.distinctServices], [3, 9]);
});

test('a checker with a period below the confirm time is never confirmed, however its visits are spread', () => {
  for (const periodMs of [1000, 2000, 5000, 10_000, 15_000, 20_000, 25_000, 29_000]) {
    for (const spreadMs of [0, 1, 100, Math.floor(periodMs / 12)]) {
      const beat = { hosts: 12, periodMs, visits: 20, fromMs: WARM_MS + 7, spreadMs };
      const told = alertsOf(beat);
      assert.deepEqual(confirmed(told), [], `each ${periodMs} ms, spread by ${spreadMs} ms`);
    }
  }
});

test('so is one that is a tenth of its period early or late', () => {
  const random = createRandom(42);
  for (const periodMs of [2000, 5000, 10_000, 20_000]) {
    for (let trial = 0; trial < 10; trial++) {
      const jitterMs = () => (random() - 0.5) * 0.2 * periodMs;
      const told = alertsOf({ hosts: 12, periodMs, visits: 20, fromMs: WARM_MS, jitterMs });
      assert.deepEqual(confirmed(told), [], `each ${periodMs} ms`);
    }
  }
});

test('a checker with a longer period is not confirmed during warm-up, in which it is recognised', () => {
  for (const periodMs of [31_000, 60_000, 120_000]) {
    const told = alertsOf({ hosts: 12, periodMs, visits: 40, fromMs: 10_000, spreadMs: 100 });
    assert.deepEqual(confirmed(told), [], `each ${periodMs} ms`);
    assert.ok(told.some(({ endReason }) => endReason === 'recognised_cadence'));
  }
});

test('a new checker with a longer period is confirmed after warm-up, as nothing tells it from a scan, until it is recognised', () => {
  const told = alertsOf({ hosts: 12, periodMs: 60_000, visits: 20, fromMs: WARM_MS, spreadMs: 100 });
  assert.deepEqual(told.slice(0, 3).map(inShort), [
    'start tentative threshold low',
    'ongoing confirmed threshold low',
    'end confirmed threshold low recognised_cadence',
  ]);
});

test('a checker that is stopped within its probation is told as tentative, and never confirmed', () => {
  const told = alertsOf({ hosts: 12, periodMs: 2000, visits: 300, fromMs: WARM_MS });
  assert.deepEqual(confirmed(told), []);
  assert.deepEqual(told.slice(2).map(inShort), [
    'start tentative cadence_broken low',
    'end tentative cadence_broken low quiet',
  ]);
});

test('thirty checked backends that fall silent one after the other within their probation are no scan, nor a slow one', () => {
  const told = alertsOf({ hosts: 30, periodMs: 60_000, visits: 10, fromMs: 0, spreadMs: 100 });
  assert.deepEqual(confirmed(told), []);
});

test('a checker whose 15 backends are replaced by 15 others within its probation is never confirmed', () => {
  for (const pauseMs of [0, 10_000, 20_000, 60_000]) {
    const size = { sources: 64, services: 4096, episodes: 64, key: [1, 2] as const };
    const detector = openDetector(createShard({ ...size, startedMs: 0 }), DEFAULT_MODEL_POLICY);
    const told: Alert[] = [];
    const tell = (alerts: readonly Alert[]) => void told.push(...alerts);
    const beat = { hosts: 15, periodMs: 5000, visits: 100, spreadMs: 20 };
    const stoppedMs = visitSteadily(detector, { ...beat, fromMs: WARM_MS }, tell);
    const fromMs = wait(detector, stoppedMs, stoppedMs + pauseMs, tell);
    visitSteadily(detector, { ...beat, firstHost: 101, fromMs }, tell);
    assert.deepEqual(confirmed(told), [], `after a pause of ${pauseMs} ms`);
  }
});
