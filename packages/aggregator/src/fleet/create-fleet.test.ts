import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health } from '@connscan/wire';
import { AGENT_ID, health, OTHER_AGENT_ID } from '../../test/rows.ts';
import { createFleet } from './create-fleet.ts';

/** A fleet whose clock stands until it is moved, what it logs, and what it tells. */
function createTestFleet(known: Parameters<typeof createFleet>[0]['known'] = []) {
  let nowMs = 0;
  const logged: string[] = [];
  const changes: string[] = [];
  const note = (fields: object) => void logged.push(JSON.stringify(fields));
  const log = { info: note, warn: note } as unknown as Parameters<typeof createFleet>[0]['log'];
  const fleet = createFleet({
    known,
    steadyMs: () => nowMs,
    wallMs: () => 1_700_000_000_000 + nowMs,
    onChange: (_agentId, { liveness }) => changes.push(`${liveness}`),
    log,
  });
  return {
    fleet,
    logged,
    /** What those who listen are told. */
    changes,
    /** Seconds pass, in each of which the fleet is looked at. */
    pass(seconds: number, meanwhile: () => void = () => {}) {
      for (let second = 0; second < seconds; second++) {
        nowMs += 1000;
        meanwhile();
        fleet.check();
      }
    },
    stateOf(agentId = AGENT_ID) {
      const { liveness, problems } = fleet.stateOf(agentId)!;
      return [liveness, ...problems];
    },
  };
}

const base: Health = health;
const canary = (sent: number, seen: number): Health => ({ ...base, canary: { sent, seen } });

test('an agent that tells its counters is live, and one that falls silent is so within 30 seconds, logged once', () => {
  const { fleet, pass, stateOf, logged } = createTestFleet();
  fleet.greeted(AGENT_ID);
  pass(60, () => fleet.heard(AGENT_ID, base));
  const before = logged.length;
  assert.notEqual(stateOf()[0], 'SILENT');
  pass(15);
  assert.notEqual(stateOf()[0], 'SILENT');
  pass(15);
  assert.equal(stateOf()[0], 'SILENT');
  pass(600);
  assert.equal(logged.length, before + 1);
  const { sinceMs } = fleet.stateOf(AGENT_ID)!;
  assert.ok(sinceMs > 1_700_000_060_000 && sinceMs <= 1_700_000_090_000);
});

test('an agent that was here before the aggregator started, and stays away, is an alarm as well', () => {
  const known = [AGENT_ID, OTHER_AGENT_ID].map((id) => ({ id, health: base }));
  const { fleet, pass, stateOf, changes } = createTestFleet(known);
  pass(30, () => fleet.heard(OTHER_AGENT_ID, base));
  assert.deepEqual([stateOf(), stateOf(OTHER_AGENT_ID)], [['SILENT'], ['LIVE']]);
  fleet.heard(AGENT_ID, base);
  assert.deepEqual(changes, ['SILENT', 'LIVE']);
  assert.deepEqual(stateOf(), ['LIVE']);
});

test('one record lost in the kernel shows with the first counters that tell it, and for five minutes', () => {
  const { fleet, pass, stateOf, logged } = createTestFleet([{ id: AGENT_ID, health: base }]);
  fleet.heard(AGENT_ID, base);
  assert.deepEqual(stateOf(), ['LIVE']);
  const lost = { ...base, reserveFailed: base.reserveFailed + 1 };
  fleet.heard(AGENT_ID, lost);
  assert.deepEqual(stateOf(), ['DEGRADED', 'KERNEL_LOSS']);
  pass(299, () => fleet.heard(AGENT_ID, lost));
  assert.deepEqual(stateOf(), ['DEGRADED', 'KERNEL_LOSS']);
  pass(2, () => fleet.heard(AGENT_ID, lost));
  assert.deepEqual(stateOf(), ['LIVE']);
  assert.equal(logged.length, 2);
});

test('an agent that starts anew counts from zero: what it has lost since is a loss, and no more', () => {
  const { fleet, stateOf } = createTestFleet([{ id: AGENT_ID, health: { ...base, reserveFailed: 7 } }]);
  fleet.heard(AGENT_ID, { ...base, seen: 10, reserveFailed: 0 });
  assert.deepEqual(stateOf(), ['LIVE']);
  fleet.heard(AGENT_ID, { ...base, seen: 5, recursionMisses: 1 });
  assert.deepEqual(stateOf(), ['DEGRADED', 'KERNEL_LOSS']);
});

test('an agent on a host with a wrong clock is degraded until the clock is right', () => {
  const { fleet, stateOf } = createTestFleet([{ id: AGENT_ID, health: base }]);
  for (const [clockAheadMs, state] of [
    [0, ['LIVE']],
    [-3_600_000, ['DEGRADED', 'CLOCK_WRONG']],
    [86_400_000, ['DEGRADED', 'CLOCK_WRONG']],
    [0, ['LIVE']],
  ] as const) {
    fleet.heard(AGENT_ID, { ...base, clockAheadMs });
    assert.deepEqual(stateOf(), state);
  }
});

test('two canaries in a row that nobody saw prove that the probe is blind; one is no proof', () => {
  const { fleet, stateOf } = createTestFleet([{ id: AGENT_ID, health: canary(10, 9) }]);
  for (const [sent, seen, blind] of [
    [10, 9, false],
    [11, 9, false],
    [12, 10, false],
    [13, 10, false],
    [14, 10, true],
    [20, 10, true],
    [21, 11, false],
    // Started anew.
    [1, 1, false],
    [2, 1, false],
    [3, 1, true],
  ] as const) {
    fleet.heard(AGENT_ID, canary(sent, seen));
    assert.deepEqual(stateOf(), blind ? ['DEGRADED', 'CANARY_UNSEEN'] : ['LIVE'], `${sent} sent, ${seen} seen`);
  }
});
