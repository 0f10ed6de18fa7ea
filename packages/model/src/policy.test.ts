import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY, policySchema } from './policy.ts';
import { problemsOf } from './problems.ts';

test('an empty document is the default policy', () => {
  assert.deepEqual(policySchema.parse({}), DEFAULT_POLICY);
  assert.deepEqual(DEFAULT_POLICY.thresholds, { low: 10, medium: 25, high: 100 });
});

test('every problem of a policy is reported at once, each with its field and what would be right', () => {
  const refused = policySchema.safeParse({
    internalCidrs: ['10.0.0.1/8'],
    thresholds: { low: 30, medium: 25, high: 100 },
    maxOriginatorBytes: -1,
    rollupPeriod: 300,
  });
  assert.ok(refused.error);
  assert.deepEqual(problemsOf(refused.error), [
    'internalCidrs.0: must be an address range such as 10.0.0.0/8, with no bits set behind its prefix',
    'thresholds: must rise: low ≤ medium ≤ high',
    'maxOriginatorBytes: Too small: expected number to be >=0',
    'document: Unrecognized key: "rollupPeriod"',
  ]);
});
