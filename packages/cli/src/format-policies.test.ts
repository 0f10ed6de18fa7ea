import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from './answers.ts';
import { formatPolicies, formatPolicy } from './format-policies.ts';

const policy = (version: number, change: Partial<Policy> = {}): Policy => ({
  version,
  name: 'default',
  selector: [],
  document: '{"maxOriginatorBytes":4}',
  reason: 'less noise',
  weakens: [],
  reach: 1,
  createdAt: '2026-11-24T12:00:00.000Z',
  withdrawnAt: null,
  ...change,
});

test('the latest document of each name that was not withdrawn is in force', () => {
  const selector = [{ name: 'site', value: 'north' }];
  const lines = formatPolicies([
    policy(4, { withdrawnAt: '2026-11-24T13:00:00.000Z' }),
    policy(3, { name: 'north', selector }),
    policy(2),
    policy(1),
  ]).split('\n');
  assert.match(lines[1]!, /^4 .*withdrawn/);
  assert.match(lines[2]!, /^3 +north +site=north .*in force/);
  assert.match(lines[3]!, /^2 +default +all agents .*in force +less noise/);
  assert.match(lines[4]!, /^1 .*replaced/);
});

test('one document is shown as it may be set again', () => {
  assert.equal(formatPolicy(policy(1)), '# version 1 of policy default, for all agents\nmaxOriginatorBytes: 4\n');
});
