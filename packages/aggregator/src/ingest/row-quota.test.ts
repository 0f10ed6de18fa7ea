import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRowQuota } from './row-quota.ts';

function createTestQuota(rowsPerSecond: number) {
  let nowMs = 0;
  const quota = createRowQuota({ rowsPerSecond, steadyMs: () => nowMs });
  return {
    quota,
    /** Sends batches of 200 rows for a time, each as soon as it may; returns how many rows that were. */
    flood(agentId: string, forMs: number): number {
      let rows = 0;
      for (const untilMs = nowMs + forMs; nowMs < untilMs; rows += 200) nowMs += quota.charge(agentId, 200);
      return rows;
    },
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

test('an agent that floods is read at its rate, whatever it sends', () => {
  const { flood } = createTestQuota(1000);
  flood('a', 5000);
  const rows = flood('a', 60_000);
  assert.ok(Math.abs(rows - 60_000) <= 200, `${rows} rows in a minute`);
});

test('an agent that was quiet sends what it gathered at once, and no other one waits for it', () => {
  const { quota, pass } = createTestQuota(1000);
  assert.equal(quota.charge('a', 2000), 0);
  assert.equal(quota.charge('a', 500), 500);
  assert.equal(quota.charge('b', 2000), 0);
  pass(60_000);
  assert.equal(quota.charge('a', 2000), 0);
});

test('a batch larger than all that an agent may send at once is taken, and paid for afterwards', () => {
  const { quota } = createTestQuota(1000);
  assert.equal(quota.charge('a', 12_000), 10_000);
});
