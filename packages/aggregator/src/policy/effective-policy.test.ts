import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY, policyHash } from '@connscan/model';
import type { Labels } from '../store/schema.ts';
import { type EffectivePolicy, effectivePolicy, type PolicyDocument } from './effective-policy.ts';

const MODEL = 'connscan_internal_internal';

const documentOf = (version: number, selector: Labels, document: Record<string, unknown>): PolicyDocument => ({
  version,
  selector,
  document,
});

function effective(documents: readonly PolicyDocument[], labels: Labels = {}): EffectivePolicy {
  const found = effectivePolicy(documents, labels);
  assert.ok('policy' in found, JSON.stringify(found));
  return found;
}

test('without a document that fits, the defaults are in force', () => {
  const other = documentOf(1, { site: 'b' }, { maxOriginatorBytes: 1 });
  const { policy, hash, versions } = effective([other], { site: 'a' });
  assert.deepEqual(policy, DEFAULT_POLICY);
  assert.deepEqual([hash, versions], [policyHash(DEFAULT_POLICY), []]);
});

test('a selector fits if the agent has all of its labels', () => {
  const document = documentOf(1, { site: 'a', role: 'db' }, { maxOriginatorBytes: 1 });
  const bytes = (labels: Labels) => effective([document], labels).policy.maxOriginatorBytes;
  assert.equal(bytes({ site: 'a', role: 'db', rack: '7' }), 1);
  assert.equal(bytes({ site: 'a' }), DEFAULT_POLICY.maxOriginatorBytes);
  assert.equal(bytes({ site: 'a', role: 'web' }), DEFAULT_POLICY.maxOriginatorBytes);
});

test('on each setting the document with more labels has the last word, and of two alike the newer, in whatever order they come', () => {
  const documents = [
    documentOf(4, {}, { maxOriginatorBytes: 4, maxLifetimeSeconds: 4 }),
    documentOf(
      1,
      { site: 'a' },
      { maxOriginatorBytes: 1, models: { [MODEL]: { confirmSeconds: 1, warmUpSeconds: 1 } } },
    ),
    documentOf(2, { role: 'db' }, { models: { [MODEL]: { confirmSeconds: 2 } } }),
  ];
  for (const order of [documents, documents.toReversed()]) {
    const { policy, versions } = effective(order, { site: 'a', role: 'db' });
    assert.deepEqual(versions, [4, 1, 2]);
    assert.deepEqual([policy.maxOriginatorBytes, policy.maxLifetimeSeconds], [1, 4]);
    assert.deepEqual([policy.models[MODEL].confirmSeconds, policy.models[MODEL].warmUpSeconds], [2, 1]);
  }
});

test('exceptions and habits of all documents hold together, and a later one takes the place of its namesake', () => {
  const habit = { source: 'fd00::1', destination: '10.0.0.2', port: 443, decision: 'pinned' };
  const documents = [
    documentOf(
      1,
      {},
      {
        exceptions: [
          { name: 'audit', ports: [22] },
          { name: 'backup', ports: [873] },
        ],
        habits: [habit],
      },
    ),
    documentOf(
      2,
      { site: 'a' },
      {
        exceptions: [{ name: 'audit', ports: [443] }],
        habits: [{ ...habit, source: 'fd00:0::1', decision: 'revoked' }],
        internalCidrs: ['10.0.0.0/8'],
      },
    ),
  ];
  const { policy } = effective(documents, { site: 'a' });
  assert.deepEqual(policy.exceptions, [
    { name: 'audit', ports: [443] },
    { name: 'backup', ports: [873] },
  ]);
  assert.deepEqual(
    policy.habits.map(({ decision }) => decision),
    ['revoked'],
  );
  assert.deepEqual(policy.internalCidrs, ['10.0.0.0/8'], 'a list that is one setting is replaced');
});

test('documents that are right alone and wrong together are told as that', () => {
  const many = (from: number) => ({
    exceptions: Array.from({ length: 600 }, (_, index) => ({ name: `${from + index}`, ports: [22] })),
  });
  const found = effectivePolicy([documentOf(1, {}, many(0)), documentOf(2, {}, many(1000))], {});
  assert.match('problems' in found ? found.problems.join() : '', /exceptions/);
});

test('a policy that no message has room for is told by the field that takes the most, and the limit', () => {
  const long = (version: number, characters: number) =>
    documentOf(
      version,
      {},
      {
        exceptions: Array.from({ length: 100 }, (_, index) => ({
          name: `${version} ${index}`,
          processes: ['€'.repeat(characters)],
        })),
      },
    );
  assert.ok('policy' in effectivePolicy([long(1, 1600), long(2, 1600)], {}));
  const found = effectivePolicy([long(1, 1600), long(2, 1900)], {});
  const [problem] = 'problems' in found ? found.problems : [];
  assert.match(
    `${problem}`,
    /^exceptions: the whole policy must have at most 1047552 bytes of JSON, has 10\d{5}, and 10\d{5} of them here$/,
  );
});
