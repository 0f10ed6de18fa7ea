import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY, policySchema } from './policy.ts';
import { policyHash } from './policy-hash.ts';

test('policies that say the same have one hash, in whatever order and with defaults written out or not', () => {
  const reversed = Object.fromEntries(Object.entries(DEFAULT_POLICY).reverse()) as typeof DEFAULT_POLICY;
  assert.match(policyHash(DEFAULT_POLICY), /^[0-9a-f]{16}$/);
  assert.equal(policyHash(reversed), policyHash(DEFAULT_POLICY));
  assert.equal(policyHash(policySchema.parse({ models: {} })), policyHash(DEFAULT_POLICY));
});

test('one changed setting, however deep, gives another hash', () => {
  const models = { connscan_internal_internal: { cadence: { enabled: false } } };
  assert.notEqual(policyHash(policySchema.parse({ models })), policyHash(DEFAULT_POLICY));
});
