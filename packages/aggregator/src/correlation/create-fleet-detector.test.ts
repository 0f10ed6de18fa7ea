import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY, type Detection, type Policy, policyHash, policySchema } from '@connscan/model';
import fc from 'fast-check';
import { START_MS } from '../../test/rows.ts';
import { type CountedSighting, createFleetDetector } from './create-fleet-detector.ts';

const SIZE = { sources: 1024, services: 20_000, episodes: 64 };
const LAG_MS = 10_000;

type HeardSighting = CountedSighting & { readonly heardMs?: number };
type Told = HeardSighting & { readonly agentId: string };

function createTestDetector(policy: Policy = DEFAULT_POLICY, size = SIZE) {
  const effective = { policy, hash: policyHash(policy) };
  // The warm-up is over.
  return createFleetDetector({ effective, key: [1, 2], startedMs: START_MS - 86_400_000, size });
}

/** The host with this number, from 1. */
const host = (number: number) => `10.1.${number >> 8}.${number & 255}`;
const sensorOn = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

function toldBy(agentId: string, change: Partial<HeardSighting> = {}): Told {
  return {
    source: '10.0.0.1',
    destination: host(1),
    port: 22,
    outcome: 'reset',
    lastSeenMs: START_MS,
    agentId,
    ...change,
  };
}

/** Plays what is told at its times, each as late as it says, while time moves each second. */
function play(told: readonly Told[], { policy = DEFAULT_POLICY, untilMs = 0 } = {}) {
  const detector = createTestDetector(policy);
  const alerts: Detection[] = [];
  const rows = told.toSorted((a, b) => (a.heardMs ?? a.lastSeenMs) - (b.heardMs ?? b.lastSeenMs));
  const lastMs = Math.max(untilMs, ...rows.map((row) => row.heardMs ?? row.lastSeenMs));
  let at = 0;
  for (let nowMs = START_MS; nowMs <= lastMs + 1000; nowMs += 1000) {
    for (; at < rows.length && (rows[at]!.heardMs ?? rows[at]!.lastSeenMs) <= nowMs; at++) {
      detector.observe(rows[at]!.agentId, [rows[at]!], nowMs);
    }
    detector.advance(nowMs - LAG_MS);
    alerts.push(...detector.takeAlerts());
  }
  return { alerts, detector };
}

test('a sweep of 12 hosts, each of which sees one connection, is one detection', () => {
  const told = Array.from({ length: 12 }, (_, at) =>
    toldBy(sensorOn(at), { destination: host(at), lastSeenMs: START_MS + at * 100 }),
  );
  const { alerts } = play(told);
  assert.deepEqual(
    alerts.map(({ alertType, source }) => [alertType, source]),
    [['start', '10.0.0.1']],
  );
});

test('nine services are nothing, however many sensors tell of them and however often', () => {
  const told = Array.from({ length: 9 }, (_, at) =>
    [1, 2, 3].map((sensor) => toldBy(sensorOn(sensor), { destination: host(at), lastSeenMs: START_MS + at * 100 })),
  ).flat();
  assert.deepEqual(play([...told, ...told, ...told]).alerts, []);
});

test('the first alert comes with the tenth service, in whatever order and however often sensors tell', () => {
  const scan = fc.integer({ min: 1, max: 30 }).chain((services) => {
    const told = Array.from({ length: services }, (_, at) => [
      toldBy(sensorOn(0), { destination: host(at), lastSeenMs: START_MS + at * 50 }),
      // The target's clock is 3 s ahead.
      toldBy(sensorOn(1 + at), { destination: host(at), lastSeenMs: START_MS + at * 50 + 3000 }),
    ]).flat();
    return fc.tuple(
      fc.constant(services),
      fc.shuffledSubarray(told, { minLength: told.length }),
      fc.shuffledSubarray(told),
    );
  });
  fc.assert(
    fc.property(scan, ([services, told, again]) => {
      const detector = createTestDetector();
      for (const row of [...told, ...again]) detector.observe(row.agentId, [row], START_MS + 5000);
      const alerts = detector.takeAlerts();
      assert.equal(alerts.length, services >= 10 ? 1 : 0);
      if (alerts[0]) assert.equal(alerts[0].distinctServices, services);
    }),
    { numRuns: 50 },
  );
});

test('clocks that differ by five seconds lose nothing', () => {
  const told = Array.from({ length: 10 }, (_, at) =>
    toldBy(sensorOn(at), {
      destination: host(at),
      lastSeenMs: START_MS + 60_000 + (at % 2 === 0 ? 5000 : -5000),
      heardMs: START_MS + 60_000 + at,
    }),
  );
  assert.equal(play(told).alerts.length, 1);
});

test('a sensor whose clock is a day ahead does not move the time of its source', () => {
  const ahead = toldBy(sensorOn(99), { destination: host(99), lastSeenMs: START_MS + 86_400_000, heardMs: START_MS });
  const told = Array.from({ length: 9 }, (_, at) =>
    toldBy(sensorOn(at), { destination: host(at), lastSeenMs: START_MS + 1000 + at }),
  );
  assert.equal(play([ahead, ...told], { untilMs: START_MS + 2000 }).alerts.length, 1);
});

/** A checker of 30 hosts, each told by the sensor on it, and by that on the checker with a clock `skewMs` off. */
function checks({
  periodMs,
  skewMs,
  minutes,
}: {
  periodMs: number;
  skewMs: number | undefined;
  minutes: number;
}): Told[] {
  const told: Told[] = [];
  const random = lateness();
  for (let atMs = 0; atMs < minutes * 60_000; atMs += periodMs) {
    for (let target = 0; target < 30; target++) {
      const trueMs = START_MS + atMs + target * 7;
      const row = { destination: host(target), outcome: 'empty_close', lastSeenMs: trueMs } as const;
      told.push({ ...toldBy(sensorOn(target), row), heardMs: trueMs + random() });
      if (skewMs === undefined) continue;
      told.push({ ...toldBy(sensorOn(999), { ...row, lastSeenMs: trueMs + skewMs }), heardMs: trueMs + random() });
    }
  }
  return told;
}

/** Up to a second and a half, as sightings are gathered for one; the same each time. */
function lateness(): () => number {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return 50 + (state % 1450);
  };
}

for (const [name, skewMs] of [
  ['its targets alone', undefined],
  ['both ends', 0],
  ['both ends, with clocks three seconds apart', 3000],
  ['both ends, with a checker three seconds behind', -3000],
] as const) {
  for (const periodMs of [2000, 10_000, 20_000]) {
    test(`a health checker each ${periodMs / 1000} s, seen by ${name}, is recognised and never confirmed`, () => {
      const { alerts } = play(checks({ periodMs, skewMs, minutes: 10 }));
      assert.ok(
        alerts.every(({ confidence }) => confidence === 'tentative'),
        'never confirmed',
      );
      const end = alerts.at(-1);
      assert.deepEqual([end?.alertType, end?.endReason], ['end', 'recognised_cadence']);
      assert.equal(alerts.filter(({ alertType }) => alertType === 'start').length, 1);
    });
  }
}

test('exceptions and settings of the policy hold for the fleet, from the moment that it changes', () => {
  const policy = policySchema.parse({ exceptions: [{ name: 'scanner', sources: ['10.0.0.1/32'] }] });
  const told = Array.from({ length: 12 }, (_, at) => toldBy(sensorOn(at), { destination: host(at) }));
  assert.deepEqual(play(told, { policy }).alerts, []);
  const detector = createTestDetector(policy);
  detector.usePolicy({ policy: DEFAULT_POLICY, hash: policyHash(DEFAULT_POLICY) });
  for (const row of told) detector.observe(row.agentId, [row], START_MS);
  assert.equal(detector.takeAlerts().length, 1);
});

test('a model that is switched on looks at what comes, and one that is switched off at nothing', () => {
  const on = policySchema.parse({ models: { connscan_internal_external: { enabled: true } } });
  const told = Array.from({ length: 12 }, (_, at) => toldBy(sensorOn(at), { destination: `198.51.100.${at + 1}` }));
  const detector = createTestDetector();
  const observe = (source: string) => {
    for (const row of told) detector.observe(row.agentId, [{ ...row, source }], START_MS);
    return detector.takeAlerts().map(({ model }) => model);
  };
  assert.deepEqual(observe('10.0.0.1'), []);
  detector.usePolicy({ policy: on, hash: policyHash(on) });
  assert.deepEqual(observe('10.0.0.2'), ['connscan_internal_external']);
  detector.usePolicy({ policy: DEFAULT_POLICY, hash: policyHash(DEFAULT_POLICY) });
  assert.deepEqual(observe('10.0.0.3'), []);
});

test('an agent that invents 100,000 sources does not drive out the scan that others see', () => {
  const detector = createTestDetector(DEFAULT_POLICY, { sources: 16_384, services: 170_000, episodes: 512 });
  const scan = Array.from({ length: 12 }, (_, at) => toldBy(sensorOn(at), { destination: host(at) }));
  for (const row of scan.slice(0, 6)) detector.observe(row.agentId, [row], START_MS);
  for (let at = 0; at < 100_000; at++) {
    const source = `10.${16 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;
    const rows = [1, 2, 3].map((port) => toldBy(sensorOn(666), { source, port }));
    detector.observe(sensorOn(666), rows, START_MS + 1000);
  }
  for (const row of scan.slice(6)) detector.observe(row.agentId, [row], START_MS + 2000);
  assert.deepEqual(
    detector.takeAlerts().map(({ source }) => source),
    ['10.0.0.1'],
  );
  assert.equal(detector.uncorrelatedOf(sensorOn(666)), (100_000 - 8192) * 3);
  assert.equal(detector.uncorrelatedOf(sensorOn(1)), 0);
});
