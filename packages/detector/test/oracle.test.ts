import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkScenarios } from './check-scenarios.ts';
import { compare } from './compare.ts';
import { POLICIES, SMALL_POLICY } from './policies.ts';
import { PROPERTY_RUNS, PROPERTY_SEED } from './property-runs.ts';
import { type Step, scenarios } from './scenario.ts';

/** What must happen among the sequences, or they prove nothing. */
const INTERESTING = [
  'start by threshold',
  'start by corroborated',
  'start by slow',
  'start by cadence_broken',
  'start by threshold of a /64',
  'start by slow of a /64',
  'confirmed threshold',
  'confirmed slow',
  'waits for the beat',
  'quiet',
  'recognised',
  'habitual by beats',
  'habitual by windows',
  'pinned',
  'revoked',
  'trusted',
  'broken in the window',
  'broken out of the window',
  'cadence_broken rose',
  'slow rose',
  'threshold rose',
  'habit forgotten',
  'exception',
];

test('1, 2, 4 and 8 shards tell what the naive rules tell, whichever worker or process goes on', (t) => {
  const happened = new Map(INTERESTING.map((what) => [what, 0]));
  checkScenarios(scenarios({ least: 1000, most: 1200 }), { runs: PROPERTY_RUNS, seed: PROPERTY_SEED }, (scenario) => {
    for (const [what, times] of compare(scenario, [1, 2, 4, 8])) happened.set(what, (happened.get(what) ?? 0) + times);
  });
  t.diagnostic(`${PROPERTY_RUNS} sequences: ${[...happened].map(([what, times]) => `${what} ${times}`).join(', ')}`);
  for (const what of INTERESTING) assert.notEqual(happened.get(what), 0, what);
});

test('a habit on probation that lost its beat breaks by the window, which is sooner than by its old beat', () => {
  const visit = (atMs: number, source = '10.0.0.101'): Step => ({
    kind: 'observe',
    observation: { source, destination: '10.1.0.2', port: 443, outcome: 1, atMs },
  });
  // Of so many sources, what is looked at in turn is not this one in the last two seconds.
  const others = Array.from({ length: 90 }, (_, host) => visit(0, `10.0.1.${host}`));
  const advance = (nowMs: number): Step => ({ kind: 'advance', nowMs });
  const beats = [0, 40_000, 80_000, 120_000].map((atMs) => visit(atMs));
  const compared = compare(
    {
      policy: POLICIES[1]!,
      startedMs: 0,
      steps: [
        ...others,
        ...beats,
        advance(136_000),
        visit(145_000),
        advance(204_000),
        advance(206_000),
        { kind: 'habits' },
      ],
    },
    [1, 2],
  );
  assert.ok(compared.get('habitual by beats'));
});

test('a habit that is revoked by a late record was last seen at its latest connection', () => {
  const source = 'fd00:0:0:3::7';
  const visit = (destination: string, atMs: number): Step => ({
    kind: 'observe',
    observation: { source, destination, port: 443, outcome: 1, atMs },
  });
  const compared = compare(
    {
      policy: SMALL_POLICY,
      startedMs: 0,
      steps: [
        // In three windows before this one.
        visit('fd00::9a', 192_782),
        visit('fd00::9a', 259_054),
        visit('fd00::9a', 270_303),
        ...['fd00::9b', 'fd00::9c', 'fd00::9d'].map((destination, host) => visit(destination, 270_403 + host * 100)),
        visit('fd00::9a', 289_056),
        { kind: 'revoke', rule: { source, destination: 'fd00::9a', port: 443, decision: 'revoked' } },
        visit('fd00::9a', 288_236),
        { kind: 'alerts' },
      ],
    },
    [1, 2],
  );
  assert.ok(compared.get('revoked'));
});

test('habits that break one millisecond after the other are both found, though nothing is due in between', () => {
  const visit = (atMs: number, destination: string, port: number, outcome: number): Step => ({
    kind: 'observe',
    observation: { source: '10.0.0.2', destination, port, outcome, atMs },
  });
  // One habit, which is broken and gone when the others begin.
  const first = [7_555_239, 7_573_710, 7_576_260, 7_734_760].map((atMs) => visit(atMs, '10.1.0.2', 443, 1));
  const targets = [
    ['172.16.255.255', 65_535],
    ['10.1.0.4', 65_535],
    ['10.1.0.2', 32_768],
    ['10.1.0.3', 32_768],
  ] as const;
  const beats = [7_796_073, 7_796_223, 7_796_373].flatMap((atMs) =>
    targets.map(([destination, port]) => visit(atMs, destination, port, 2)),
  );
  const last = visit(7_796_523, '10.1.0.3', 32_768, 2);
  const steps: Step[] = [...first, ...beats, last];
  for (const nowMs of [7_797_123, 7_797_124]) steps.push({ kind: 'advance', nowMs });
  const compared = compare({ policy: POLICIES[2]!, startedMs: 0, steps }, [1, 2]);
  assert.ok(compared.get('start by cadence_broken'));
});
