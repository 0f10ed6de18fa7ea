import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHabits } from './format-habits.ts';
import { PLAIN } from './screen.ts';
import type { Habit } from './tuning-answers.ts';

const LEARNT: Habit = {
  ...{ source: 'fd00::', sourcePrefixBits: 64, destination: 'fd00:1::9', port: 443, decision: 'REVOKED' },
  ...{
    state: 'TRUSTED',
    since: '2026-01-30T12:00:00.000Z',
    periodSeconds: 30.04,
    lastSeen: '2026-01-31T12:00:00.000Z',
  },
};

test('a habit is told with what was decided, what was learnt, and its beat if it has one', () => {
  const often = { ...LEARNT, sourcePrefixBits: null, decision: null, state: 'PROBATION', periodSeconds: null };
  const decided = { ...LEARNT, decision: 'PINNED', state: null, since: null, periodSeconds: null, lastSeen: null };
  const [, ...lines] = formatHabits([LEARNT, often, decided], PLAIN).trimEnd().split('\n');
  assert.match(lines[0]!, /^fd00::\/64 +fd00:1::9 +443 +revoked +trusted +30 s +2026-01-30T\S+ +2026-01-31T/);
  assert.match(lines[1]!, /^fd00:: +fd00:1::9 +443 +probation +none +2026/);
  assert.match(lines[2]!, / +pinned +not yet$/);
});
