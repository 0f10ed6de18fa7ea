import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY, policySchema } from '@connscan/model';
import { policyDiff } from './policy-diff.ts';

const MODEL = 'connscan_internal_internal';
const model = (settings: object) => ({ models: { [MODEL]: settings } });

function weakening(before: object, after: object): string[] {
  const changes = policyDiff(policySchema.parse(before), policySchema.parse(after));
  return changes.filter(({ weakens }) => weakens).map(({ path }) => path.replace(`models.${MODEL}.`, ''));
}

test('a diff names every setting that differs, with what it was and is', () => {
  const after = policySchema.parse({
    ...model({ thresholds: { low: 5, medium: 25, high: 100 } }),
    maxOriginatorBytes: 4,
  });
  assert.deepEqual(policyDiff(DEFAULT_POLICY, after), [
    { path: 'maxOriginatorBytes', before: 16, after: 4, weakens: true },
    { path: `models.${MODEL}.thresholds.low`, before: 10, after: 5, weakens: false },
  ]);
  assert.deepEqual(policyDiff(DEFAULT_POLICY, DEFAULT_POLICY), []);
});

test('what makes the fleet see less weakens, and its opposite does not', () => {
  const base = policySchema.parse({});
  const cases: readonly (readonly [string, object])[] = [
    ['thresholds.low', model({ thresholds: { low: 11, medium: 25, high: 100 } })],
    ['rollupPeriodSeconds', model({ rollupPeriodSeconds: 60 })],
    ['confirmSeconds', model({ confirmSeconds: 60 })],
    ['slow.services', model({ slow: { services: 31, periodSeconds: 86_400 } })],
    ['slow.periodSeconds', model({ slow: { services: 30, periodSeconds: 3600 } })],
    ['corroborated.failedServices', model({ corroborated: { abortedServices: 3, failedServices: 16 } })],
    ['countEmptyClose', model({ countEmptyClose: false })],
    ['enabled', model({ enabled: false })],
    ['cadence.probationSeconds', model({ cadence: { probationSeconds: 60 } })],
    ['internalCidrs', { internalCidrs: ['10.0.0.0/9', '10.128.0.0/9'] }],
    ['maxLifetimeSeconds', { maxLifetimeSeconds: 5 }],
    ['exceptions.new', { exceptions: [{ name: 'new', ports: [22] }] }],
  ];
  for (const [path, document] of cases) {
    assert.deepEqual(weakening(base, document), [path], path);
    assert.deepEqual(weakening(document, base), [], `back: ${path}`);
  }
  assert.deepEqual(weakening(model({ cadence: { enabled: false } }), base), ['cadence.enabled']);
});

test('an exception weakens where it takes more or holds for longer', () => {
  const one = { name: 'backup', sources: ['10.0.0.0/24'], ports: [22, 873] };
  const change = (after: object) => weakening({ exceptions: [one] }, { exceptions: [{ ...one, ...after }] });
  assert.deepEqual(change({ sources: ['10.0.0.0/25'], ports: [22], expiresAt: '2027-01-01T00:00:00Z' }), []);
  for (const after of [{ sources: ['10.0.0.0/23'] }, { ports: [22, 80] }, { sources: undefined }]) {
    assert.deepEqual(change(after), ['exceptions.backup'], JSON.stringify(after));
  }
  const dated = { exceptions: [{ ...one, expiresAt: '2027-01-01T00:00:00Z' }] };
  assert.deepEqual(weakening(dated, { exceptions: [one] }), ['exceptions.backup']);
});

test('a pinned habit weakens, and so does to give up a revoked one', () => {
  const habit = (decision: string) => ({
    habits: [{ source: '10.0.0.1', destination: '10.0.0.2', port: 443, decision }],
  });
  assert.deepEqual(weakening({}, habit('pinned')), ['habits.10.0.0.1 10.0.0.2 443']);
  assert.deepEqual(weakening(habit('revoked'), {}).length, 1);
  assert.deepEqual(weakening({}, habit('revoked')), []);
  assert.deepEqual(weakening(habit('pinned'), {}), []);
});

test('an override weakens where its sources are counted by laxer limits than before', () => {
  const override = (low: number, sources = ['10.0.0.0/24'], name = 'a') => ({
    ...{ name, sources, thresholds: { low, medium: 25, high: 100 } },
  });
  const of = (...overrides: object[]) => model({ overrides });
  assert.deepEqual(weakening({}, of(override(20))), ['overrides.a']);
  assert.deepEqual(weakening({}, of(override(5))), []);
  assert.deepEqual(weakening(of(override(5)), {}), ['overrides.a']);
  assert.deepEqual(weakening(of(override(20)), of(override(20, ['10.0.0.0/23']))), ['overrides.a']);
  assert.deepEqual(weakening(of(override(5)), of(override(5, ['10.0.0.0/25']))), ['overrides.a']);
  assert.deepEqual(weakening(of(override(5)), of(override(5, ['10.0.0.0/23']))), []);
  const two = [override(5), override(20, ['10.0.0.0/24'], 'b')];
  assert.deepEqual(weakening(of(...two), of(...two.toReversed())), ['overrides']);
});
