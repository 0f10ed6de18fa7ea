import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Alert, createShard, openDetector } from '../src/index.ts';
import { DEFAULT_MODEL_POLICY } from './policies.ts';
import { scan } from './scan.ts';
import { inShort, visitSteadily, wait } from './steady.ts';

const WARM_MS = 900_000;
const BEAT = { periodMs: 2000, visits: 5 };

const open = () =>
  openDetector(
    createShard({ sources: 64, services: 4096, episodes: 64, key: [1, 2], startedMs: 0 }),
    DEFAULT_MODEL_POLICY,
  );

test('a scanner that visits 24 services five times at a steady beat and falls silent is told as cadence_broken', () => {
  const detector = open();
  const told: Alert[] = [];
  const tell = (alerts: readonly Alert[]) => void told.push(...alerts);
  const nowMs = visitSteadily(detector, { ...BEAT, hosts: 24, fromMs: WARM_MS, spreadMs: 10 }, tell);
  assert.equal(detector.habits().length, 24);
  assert.ok(detector.habits().every(({ state, periodMs }) => state === 'probation' && periodMs === 2000));
  wait(detector, nowMs, WARM_MS + 1_000_000, tell);
  assert.deepEqual(told.map(inShort), [
    'start tentative threshold low',
    'ongoing tentative threshold low',
    'end tentative threshold low recognised_cadence',
    'start tentative cadence_broken low',
    'end tentative cadence_broken low quiet',
  ]);
  assert.deepEqual([told[3]?.distinctServices, told[3]?.threshold, told[3]?.slowServices], [24, 10, 0]);
  assert.deepEqual(detector.habits(), []);
});

test('one that goes on to further services is confirmed', () => {
  const detector = open();
  const told: Alert[] = [];
  const tell = (alerts: readonly Alert[]) => void told.push(...alerts);
  const nowMs = visitSteadily(detector, { ...BEAT, hosts: 24, fromMs: WARM_MS, spreadMs: 10 }, tell);
  scan(detector, { destination: '10.1.1.1', count: 12, fromMs: nowMs + 10_000, everyMs: 100 });
  wait(detector, nowMs + 12_000, nowMs + 60_000, tell);
  const last = told.at(-1);
  assert.deepEqual([last?.confidence, last?.rule, last?.severity], ['confirmed', 'threshold', 'medium']);
});

test('one that visits its targets one group after the other, each below the threshold, is told when enough fell silent', () => {
  const detector = open();
  const told: Alert[] = [];
  const tell = (alerts: readonly Alert[]) => void told.push(...alerts);
  let nowMs = WARM_MS;
  for (let group = 0; group < 12; group++) {
    nowMs = visitSteadily(detector, { ...BEAT, hosts: 4, firstHost: 1 + group * 4, fromMs: nowMs }, tell);
  }
  wait(detector, nowMs, nowMs + 60_000, tell);
  assert.ok(told.some(({ rule }) => rule === 'cadence_broken'));
  assert.ok(told.at(-1)!.distinctServices >= 40);
});

test('so is one whose silent services alone reach a higher severity', () => {
  const detector = open();
  const told: Alert[] = [];
  const tell = (alerts: readonly Alert[]) => void told.push(...alerts);
  const nowMs = visitSteadily(detector, { ...BEAT, hosts: 40, fromMs: WARM_MS, spreadMs: 10 }, tell);
  wait(detector, nowMs, nowMs + 60_000, tell);
  assert.deepEqual(inShort(told.at(-1)!), 'start tentative cadence_broken medium');
  scan(detector, { destination: '10.1.1.1', count: 10, fromMs: nowMs + 60_000, everyMs: 100 });
  wait(detector, nowMs + 61_000, nowMs + 91_000, tell);
  assert.deepEqual(inShort(told.at(-1)!), 'ongoing confirmed threshold medium');
});
