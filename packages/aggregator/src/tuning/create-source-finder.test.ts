import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@connscan/lab';
import { type Policy, parseAddress, policySchema } from '@connscan/model';
import { createSourceFinder } from './create-source-finder.ts';
import type { SourceSightings } from './group-sightings.ts';
import { withLow } from './what-if-curve.ts';
import type { ReplayedDetection } from './what-if-task.ts';

const MODEL = 'connscan_internal_internal';
const SINCE_MS = Date.parse('2026-01-01T00:00:00Z');
const DAY_MS = 86_400_000;
const RANGE = { sinceMs: SINCE_MS, untilMs: SINCE_MS + 4 * DAY_MS };
const SOURCES = 60;

type Random = ReturnType<typeof createRandom>;
type Visit = { source: string; destination: string; port: number; outcome: number; atMs: number };

/** Quiet days with scans of every size, slow ones, checkers that stop, and connections in vain. */
function visitsOf(random: Random, source: () => string, network: string): Visit[] {
  const visits: Visit[] = [];
  const visit = (host: number, port: number, atMs: number, outcome = 1 + random(2)) =>
    visits.push({ source: source(), destination: `${network}${host + 1}`, port, outcome, atMs: SINCE_MS + atMs });
  for (let n = random(120); n > 0; n--) visit(random(8), 443, random(4 * DAY_MS));
  for (let scans = random(6); scans > 0; scans--) {
    const fromMs = random(3.9 * DAY_MS);
    const gapMs = [0, 20, 700, 9000][random(4)]!;
    const outcomes = random(3) === 0 ? [1, 4, 4, 4] : [1];
    for (let n = 2 + random(28); n > 0; n--)
      visit(n, 22 + random(2), fromMs + n * gapMs, outcomes[n % outcomes.length]!);
  }
  if (random(4) === 0) for (let n = 0; n < 90; n++) visit(100 + n, 3306, n * 400_000 + random(60_000));
  if (random(3) === 0) {
    const fromMs = random(3 * DAY_MS);
    for (let beat = 0; beat < 30; beat++) for (let n = 0; n < 12; n++) visit(50 + n, 80, fromMs + beat * 5000 + n, 2);
  }
  return visits.sort((one, other) => one.atMs - other.atMs);
}

function sightingsOf(visits: readonly Visit[]): SourceSightings {
  const bytes = visits.flatMap(({ source, destination }) => [...parseAddress(source)!, ...parseAddress(destination)!]);
  return {
    count: visits.length,
    isWide: visits[0]!.source.includes(':'),
    words: new Int32Array(Uint8Array.from(bytes).buffer),
    ports: Int32Array.from(visits, ({ port }) => port),
    outcomes: Int32Array.from(visits, ({ outcome }) => outcome),
    times: Float64Array.from(visits, ({ atMs }) => atMs),
    sensors: new Int32Array(visits.length),
  };
}

const thresholds = (low: number, medium: number, high: number) =>
  policySchema.parse({ models: { [MODEL]: { thresholds: { low, medium, high } } } });

function told(detections: readonly ReplayedDetection[]): string[] {
  return detections.map((one) => JSON.stringify(one)).sort();
}

/** What each policy finds of each source when it is asked with the others, and alone. */
function assertSameAsAlone(all: readonly SourceSightings[], policies: readonly Policy[], lowest: number): number {
  const together = createSourceFinder({ ...RANGE, lowest });
  const alone = policies.map(() => createSourceFinder({ ...RANGE, lowest }));
  let found = 0;
  for (const [index, sightings] of all.entries()) {
    const rows = Int32Array.from({ length: sightings.count }, (_, row) => row);
    const find = together.open(sightings, rows);
    for (const [place, policy] of policies.entries()) {
      const expected = told(alone[place]!.open(sightings, rows)(policy));
      assert.deepEqual(told(find(policy)), expected, `source ${index}, policy ${place}`);
      found += expected.length;
    }
  }
  assert.equal(together.evicted(), 0);
  return found;
}

const POLICIES = [
  thresholds(20, 50, 200),
  ...[3, 5, 7, 10, 11, 15, 25].map((low) => withLow(thresholds(10, 25, 100), low)),
];

test('policies with other thresholds find of a source what each finds alone, although most of it is replayed once', () => {
  const random = createRandom(1);
  const sources = Array.from({ length: SOURCES }, (_, n) =>
    visitsOf(random, () => `10.0.${n >> 8}.${n & 255}`, '10.1.0.'),
  );
  const all = sources.filter((visits) => visits.length > 0).map(sightingsOf);
  assert.ok(assertSameAsAlone(all, POLICIES, 3) > 500);
});

test('so they do of all addresses of an IPv6 /64', () => {
  const random = createRandom(2);
  const sources = Array.from({ length: SOURCES / 4 }, (_, n) =>
    visitsOf(random, () => `fd00:0:0:${n + 1}::${random(6) + 1}`, 'fd00:1::'),
  );
  const all = sources.filter((visits) => visits.length > 0).map(sightingsOf);
  assert.ok(assertSameAsAlone(all, POLICIES, 3) > 100);
});

test('a policy with an override, an exception or another model at work is replayed apart from those without', () => {
  const random = createRandom(3);
  const sources = Array.from({ length: SOURCES / 4 }, (_, n) =>
    visitsOf(random, () => `10.0.${n >> 8}.${n & 255}`, '10.1.0.'),
  );
  const all = sources.filter((visits) => visits.length > 0).map(sightingsOf);
  const overrides = [{ name: 'few', sources: ['10.0.0.0/29'], thresholds: { low: 2, medium: 4, high: 6 } }];
  const policies = [
    ...POLICIES.slice(0, 3),
    policySchema.parse({ models: { [MODEL]: { overrides } } }),
    policySchema.parse({ models: { [MODEL]: { overrides, thresholds: { low: 4, medium: 8, high: 16 } } } }),
    policySchema.parse({ exceptions: [{ name: 'ssh', ports: [22] }] }),
    policySchema.parse({ models: { connscan_internal_external: { enabled: true } }, internalCidrs: ['10.0.0.0/16'] }),
    policySchema.parse({ models: { [MODEL]: { enabled: false } } }),
  ];
  assert.ok(assertSameAsAlone(all, policies, 3) > 100);
});
