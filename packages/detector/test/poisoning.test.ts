import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Alert, createShard, openDetector } from '../src/index.ts';
import { DEFAULT_MODEL_POLICY } from './policies.ts';
import { scan } from './scan.ts';
import { inShort, visitSteadily, wait } from './steady.ts';

test('a source that made nine services habitual for two hours is detected when it scans ten others', () => {
  const size = { sources: 64, services: 4096, episodes: 64, key: [1, 2] as const };
  const detector = openDetector(createShard({ ...size, startedMs: 0 }), DEFAULT_MODEL_POLICY);
  const told: Alert[] = [];
  const tell = (alerts: readonly Alert[]) => void told.push(...alerts);
  const nowMs = visitSteadily(detector, { hosts: 9, periodMs: 30_000, visits: 240, fromMs: 0, spreadMs: 50 }, tell);
  assert.equal(told.length, 0);
  assert.ok(detector.habits().every(({ state }) => state === 'trusted'));

  scan(detector, { destination: '10.1.0.200', count: 10, fromMs: nowMs, everyMs: 100 });
  wait(detector, nowMs + 1000, nowMs + 31_000, tell);
  assert.deepEqual(told.map(inShort), ['start tentative threshold low', 'ongoing confirmed threshold low']);
  assert.deepEqual([told[0]?.distinctServices, told[0]?.habitualServices], [10, 9]);
});
