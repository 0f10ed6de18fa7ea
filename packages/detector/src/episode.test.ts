import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY, type ModelPolicy, modelPolicy } from '@connscan/model';
import { scan } from '../test/scan.ts';
import { createShard, openDetector } from './index.ts';

const POLICY = { ...modelPolicy(DEFAULT_POLICY, 'connscan_internal_internal'), warmUpSeconds: 0 };

const open = (policy: Partial<ModelPolicy> = {}) =>
  openDetector(createShard({ sources: 64, services: 4096, episodes: 16, key: [1, 2], startedMs: 0 }), {
    ...POLICY,
    ...policy,
  });

test('the tenth distinct service within the rollup period starts a tentative detection', () => {
  const detector = open();
  scan(detector, { count: 9, everyMs: 1000 });
  assert.equal(detector.pendingAlerts(), 0);
  scan(detector, { port: 10, count: 1, fromMs: 20_000.9 });
  assert.equal(detector.pendingAlerts(), 1);
  const [alert, ...others] = detector.takeAlerts();
  assert.deepEqual(others, []);
  assert.deepEqual(
    { ...alert, samples: alert?.samples.length, topPorts: alert?.topPorts.length },
    {
      alertType: 'start',
      revision: 1,
      severity: 'low',
      confidence: 'tentative',
      rule: 'threshold',
      threshold: 10,
      source: '10.0.0.66',
      distinctServices: 10,
      distinctHosts: 1,
      distinctPorts: 10,
      failedServices: 0,
      slowServices: 10,
      habitualServices: 0,
      connections: { reset: 10, empty_close: 0, responder_reset: 0, refused: 0, unanswered: 0 },
      atLeast: false,
      firstSeenMs: 0,
      lastSeenMs: 20_000,
      startedMs: 20_000,
      topPorts: 10,
      samples: 10,
    },
  );
  assert.deepEqual(alert?.samples[0], {
    destination: '10.1.0.1',
    port: 10,
    outcome: 'reset',
    firstSeenMs: 20_000,
    lastSeenMs: 20_000,
    connections: 1,
  });
});

test('a service counts for exactly the rollup period', () => {
  const detector = open();
  scan(detector, { count: 1 });
  scan(detector, { port: 2, count: 9, fromMs: 300_000 });
  assert.equal(detector.pendingAlerts(), 0);
  scan(detector, { port: 11, count: 1, fromMs: 300_000 });
  assert.equal(detector.pendingAlerts(), 1);
});

test('a detection is confirmed after the confirm time, in an update of its own', () => {
  const detector = open();
  scan(detector, { count: 10, fromMs: 5000 });
  detector.takeAlerts();
  detector.advance(34_999);
  assert.deepEqual(detector.takeAlerts(), []);
  detector.advance(35_000);
  const [alert] = detector.takeAlerts();
  assert.deepEqual([alert?.alertType, alert?.revision, alert?.confidence], ['ongoing', 2, 'confirmed']);
});

test('few aborted services beside many refused ones are a confirmed detection of medium severity at once', () => {
  const detector = open();
  scan(detector, { count: 15, outcome: 'refused' });
  scan(detector, { count: 2 });
  assert.equal(detector.pendingAlerts(), 0);
  scan(detector, { port: 3, count: 1, outcome: 'empty_close' });
  const [alert] = detector.takeAlerts();
  assert.deepEqual(
    [alert?.severity, alert?.rule, alert?.threshold, alert?.confidence, alert?.distinctServices, alert?.failedServices],
    ['medium', 'corroborated', 3, 'confirmed', 3, 15],
  );
});

test('an update tells at once when the severity rises', () => {
  const detector = open();
  scan(detector, { count: 20 });
  detector.takeAlerts();
  scan(detector, { port: 21, count: 4 });
  assert.equal(detector.pendingAlerts(), 0);
  scan(detector, { port: 25, count: 1 });
  const [alert] = detector.takeAlerts();
  assert.deepEqual([alert?.alertType, alert?.severity, alert?.threshold], ['ongoing', 'medium', 25]);
});

test('a detection repeats each update interval while the count is over', () => {
  const detector = open({ confirmSeconds: 0, cadence: { ...POLICY.cadence, enabled: false } });
  for (let round = 0; round < 5; round++) {
    scan(detector, { count: 10, fromMs: round * 150_000 });
    detector.advance(round * 150_000);
  }
  assert.deepEqual(
    detector.takeAlerts().map((alert) => alert.alertType),
    ['start'],
  );
  scan(detector, { count: 10, fromMs: 899_999 });
  detector.advance(899_999);
  assert.equal(detector.pendingAlerts(), 0);
  detector.advance(900_000);
  assert.equal(detector.pendingAlerts(), 1);
});

test('a second scan of the same source is not hidden by the first', () => {
  const detector = open({ confirmSeconds: 0 });
  scan(detector, { count: 10 });
  detector.takeAlerts();
  scan(detector, { destination: '10.1.0.2', count: 9, fromMs: 60_000 });
  assert.equal(detector.pendingAlerts(), 0);
  scan(detector, { destination: '10.1.0.2', port: 10, count: 1, fromMs: 60_000 });
  const [alert] = detector.takeAlerts();
  assert.deepEqual([alert?.alertType, alert?.distinctHosts], ['ongoing', 2]);
});

test('an update tells at once when the count has doubled, so ten alerts tell of a scan of 1,024 services', () => {
  const detector = open({ confirmSeconds: 0, thresholds: { low: 10, medium: 1024, high: 1024 } });
  const told: number[] = [];
  for (let port = 1; port <= 1000; port++) {
    scan(detector, { port, count: 1 });
    told.push(...detector.takeAlerts().map(({ distinctServices }) => distinctServices));
  }
  assert.deepEqual(told, [10, 20, 40, 80, 160, 320, 640]);
});

test('changed targets are told again no more often than each tenth of the rollup period', () => {
  const thresholds = { low: 10, medium: 1024, high: 1024 };
  const detector = open({ confirmSeconds: 0, updateIntervalSeconds: 3600, thresholds });
  scan(detector, { count: 80 });
  detector.takeAlerts();
  scan(detector, { destination: '10.1.0.2', count: 79, fromMs: 299_000 });
  assert.equal(detector.pendingAlerts(), 0);
  // The first scan leaves the window: all that is in it is new.
  detector.advance(300_000);
  assert.equal(detector.takeAlerts()[0]?.distinctServices, 79);
  scan(detector, { destination: '10.1.0.3', count: 79, fromMs: 300_001 });
  detector.advance(329_999);
  assert.equal(detector.pendingAlerts(), 0);
  detector.advance(330_000);
  assert.equal(detector.takeAlerts()[0]?.distinctServices, 158);
});

test('a detection ends when the count has been under low for a rollup period, and then a new one may start', () => {
  const detector = open({ confirmSeconds: 0 });
  scan(detector, { count: 10, everyMs: 1000 });
  detector.takeAlerts();
  detector.advance(599_999);
  assert.deepEqual(detector.takeAlerts(), []);
  scan(detector, { count: 10, fromMs: 700_000 });
  const [end, start] = detector.takeAlerts();
  assert.deepEqual([end?.alertType, end?.endReason, end?.endedMs, end?.lastSeenMs], ['end', 'quiet', 600_000, 9000]);
  assert.deepEqual([start?.alertType, start?.revision, start?.startedMs], ['start', 1, 700_000]);
});

test('a start and an update that nobody took in between are one alert', () => {
  const detector = open();
  scan(detector, { count: 100 });
  const alerts = detector.takeAlerts();
  assert.deepEqual(
    alerts.map(({ alertType, severity, distinctServices }) => [alertType, severity, distinctServices]),
    [['start', 'high', 100]],
  );
});

test('a new policy rules from the next record on', () => {
  const detector = open();
  scan(detector, { count: 5 });
  detector.usePolicy({ ...POLICY, thresholds: { low: 6, medium: 25, high: 100 } });
  scan(detector, { port: 6, count: 1 });
  assert.equal(detector.takeAlerts()[0]?.threshold, 6);
});

test('a shorter rollup period holds for what is in the window already', () => {
  const detector = open();
  scan(detector, { count: 9 });
  detector.usePolicy({ ...POLICY, rollupPeriodSeconds: 60 });
  scan(detector, { port: 10, count: 1, fromMs: 60_000 });
  assert.equal(detector.pendingAlerts(), 0);
});

test('an empty close counts only where the policy says so', () => {
  const detector = open({ countEmptyClose: false });
  scan(detector, { count: 50, outcome: 'empty_close' });
  assert.equal(detector.pendingAlerts(), 0);
  assert.equal(detector.takeSightings(100).length, 50);
});

test('ordinary traffic raises nothing: many connections to few services, refused retries, servers that reset', () => {
  const detector = open();
  for (let second = 0; second < 600; second++) {
    scan(detector, { count: 9, fromMs: second * 1000 });
    scan(detector, { source: '10.0.0.7', count: 1, outcome: 'refused', fromMs: second * 1000 });
    scan(detector, { source: '10.0.0.8', count: 40, outcome: 'responder_reset', fromMs: second * 1000 });
    detector.advance(second * 1000);
  }
  assert.deepEqual(detector.takeAlerts(), []);
});

test('when every episode is taken a start is put off, counted, and made up for', () => {
  const buffer = createShard({ sources: 64, services: 4096, episodes: 1, key: [1, 2], startedMs: 0 });
  const detector = openDetector(buffer, POLICY);
  scan(detector, { source: '10.0.0.1', count: 10 });
  scan(detector, { source: '10.0.0.2', count: 11 });
  assert.equal(detector.counters().episodesPutOff, 2);
  scan(detector, { source: '10.0.0.2', count: 11, fromMs: 590_000 });
  detector.advance(600_000);
  detector.takeAlerts();
  scan(detector, { source: '10.0.0.2', count: 1, fromMs: 600_001 });
  assert.equal(detector.takeAlerts()[0]?.source, '10.0.0.2');
});
