import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentStatus, NOW_MS } from '../../test/agent-status.ts';
import type { AgentStatus } from './agent-status.ts';
import { problemsOf } from './problems-of.ts';

const healthy = agentStatus();
const { health, session } = healthy;
const spool = health.spool!;

/** The problems of an agent that was healthy half a minute ago. */
const problems = (different: Partial<AgentStatus>) =>
  problemsOf(agentStatus(different), { ...health, processed: health.processed - 1 }, NOW_MS);

test('an agent whose numbers add up, whose batches are acknowledged and whose probe is alive has no problem', () => {
  assert.deepEqual(problems({}), []);
});

test('everything that is wrong is told at once, in plain words', () => {
  const degraded: Partial<AgentStatus> = {
    session: {
      state: 'waiting',
      sinceMs: NOW_MS - 5000,
      lastError: 'connect ECONNREFUSED',
      nextRetryMs: NOW_MS + 17_000,
    },
    policy: { version: 7, hash: 'abcdef', progress: 'FAILED', notes: ['thresholds: must rise'] },
    certificate: { expiresMs: NOW_MS + 3_600_000 },
    canaryMissed: 4,
    shedding: ['snapshots'],
    health: {
      ...health,
      seen: 2002,
      submitted: 101,
      processed: health.processed - 1,
      reserveFailed: 3,
      recursionMisses: 1,
      clockAheadMs: -7_200_000,
      spool: { ...spool, lostFull: 6, lostDamage: 5, durable: false },
    },
  };
  assert.deepEqual(problems(degraded), [
    'there is no session with the aggregator: connect ECONNREFUSED; the next try is in 17 s',
    "the clock of this host is 2 h behind the aggregator's, which times are told by instead",
    "the probe is dead: it saw none of the agent's last 4 connections to itself",
    "the kernel's counters do not add up: 998 events",
    '12 records wait in the rings and none is read: the drain workers hang',
    '3 records, as a ring was full, were lost just now',
    '1 events, as the probe was at work on their CPU, were lost just now',
    '6 batches, as the spool was full, were lost just now',
    '5 batches that the disk had damaged, were lost just now',
    'what is found now does not reach the disk: the spool fails',
    'the certificate expires in 1 h',
    'the last policy could not be applied: thresholds: must rise',
    'memory is near its bound: the agent does without snapshots',
  ]);
});

test('a loss of long ago is a number and no problem; one since the start of a young agent is', () => {
  const lossy = { ...health, seen: 1003, reserveFailed: 3 };
  assert.deepEqual(problemsOf(agentStatus({ health: lossy }), lossy, NOW_MS), [
    '10 records wait in the rings and none is read: the drain workers hang',
  ]);
  assert.deepEqual(problemsOf(agentStatus({ health: lossy }), undefined, NOW_MS), [
    '3 records, as a ring was full, were lost just now',
  ]);
});

test('batches that an aggregator leaves unacknowledged for half a minute are a problem, none that wait are not', () => {
  const silent = { ...session, lastAckMs: NOW_MS - 30_000 };
  assert.deepEqual(problems({ session: silent }), ['2 batches wait and the aggregator has acknowledged none for 30 s']);
  assert.deepEqual(
    problems({ session: silent, health: { ...health, processed: 91, spool: { ...spool, waiting: 0 } } }),
    [],
  );
});
