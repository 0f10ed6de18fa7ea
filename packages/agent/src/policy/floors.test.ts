import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DEFAULT_POLICY, policySchema } from '@connscan/model';
import { applyFloors, MODEL_FLOORS } from './floors.ts';

const MODEL = 'connscan_internal_internal';

const floored = (document: object) => applyFloors(policySchema.parse(document));

test('the default policy, and one as strict as can be, are within the floors', () => {
  assert.deepEqual(applyFloors(DEFAULT_POLICY), { policy: DEFAULT_POLICY, notes: [] });
  const strict = policySchema.parse({
    models: { [MODEL]: { thresholds: { low: 1, medium: 2, high: 3 }, confirmSeconds: 0, rollupPeriodSeconds: 3600 } },
  });
  assert.deepEqual(applyFloors(strict), { policy: strict, notes: [] });
});

test('an override is bounded as what it takes the place of', () => {
  const thresholds = { low: 1024, medium: 1024, high: 1024 };
  const { policy, notes } = floored({
    models: {
      [MODEL]: {
        overrides: [
          { name: 'loud', sources: ['10.0.0.0/8'], thresholds, slow: { services: 1024 } },
          { name: 'precious', sources: ['10.1.0.0/16'], corroborated: { abortedServices: 1, failedServices: 1 } },
        ],
      },
    },
  });
  const [loud, precious] = policy.models[MODEL].overrides;
  assert.deepEqual([loud?.thresholds, loud?.slow], [{ low: 64, medium: 256, high: 1024 }, { services: 256 }]);
  assert.deepEqual(Object.keys(precious ?? {}), ['name', 'sources', 'corroborated']);
  assert.deepEqual(
    notes.map((note) => note.split(' became ')[0]),
    ['thresholds.low: 1024', 'thresholds.medium: 1024', 'slow.services: 1024'].map(
      (setting) => `models.${MODEL}.overrides, loud: ${setting}`,
    ),
  );
});

test('limits that would blind a model are bounded, each with a note that names the setting', () => {
  const { policy, notes } = floored({
    models: {
      [MODEL]: {
        thresholds: { low: 1024, medium: 1024, high: 1024 },
        rollupPeriodSeconds: 15,
        confirmSeconds: 3600,
        warmUpSeconds: 86_400,
        slow: { services: 1024, periodSeconds: 3600 },
        cadence: { probationSeconds: 0 },
      },
    },
    maxLifetimeSeconds: 1,
  });
  const model = policy.models[MODEL];
  assert.deepEqual(model.thresholds, { low: 64, medium: 256, high: 1024 });
  assert.deepEqual(
    [model.rollupPeriodSeconds, model.confirmSeconds, model.warmUpSeconds, model.slow.services],
    [60, 300, 3600, 256],
  );
  assert.deepEqual([model.cadence.probationSeconds, policy.maxLifetimeSeconds], [600, 10]);
  assert.deepEqual(
    notes.map((note) => note.split(':')[0]!.replace(`models.${MODEL}.`, '')),
    [
      'thresholds.low',
      'thresholds.medium',
      'rollupPeriodSeconds',
      'confirmSeconds',
      'warmUpSeconds',
      'slow.services',
      'cadence.probationSeconds',
      'maxLifetimeSeconds',
    ],
  );
  assert.match(notes[0]!, /1024 became 64 \(≤ 64\)/);
  assert.deepEqual(policySchema.parse(policy), policy);
});

test('every other model is bounded as well, and only what is beyond a bound is noted', () => {
  const { policy, notes } = floored({
    models: { connscan_external_internal: { enabled: true, thresholds: { low: 65, medium: 100, high: 100 } } },
  });
  assert.deepEqual(policy.models.connscan_external_internal.thresholds, { low: 64, medium: 100, high: 100 });
  assert.equal(notes.length, 1);
});

test('scans inside the network are looked for, whatever is switched off', () => {
  const { policy, notes } = floored({ models: { [MODEL]: { enabled: false } } });
  assert.equal(policy.models[MODEL].enabled, true);
  assert.match(notes.join(), /enabled/);
});

test('private ranges are inside: a half of one does not stand for it, and what holds one does', () => {
  const { policy, notes } = floored({ internalCidrs: ['203.0.113.0/24', '10.0.0.0/9', '172.0.0.0/8', 'fc00::/7'] });
  assert.deepEqual(policy.internalCidrs.slice(4), ['10.0.0.0/8', '192.168.0.0/16']);
  assert.equal(notes.length, 1);
  assert.deepEqual(floored({ internalCidrs: ['0.0.0.0/0', 'fc00::/7'] }).notes, []);
  const many = Array.from({ length: 1024 }, (_, index) => `203.${index >> 8}.${index & 255}.0/24`);
  const most = floored({ internalCidrs: many });
  assert.deepEqual([most.policy.internalCidrs.length, most.notes.length], [1024, 2]);
});

const exceptionsLeft = (exceptions: readonly object[]) => {
  const named = exceptions.map((exception, index) => ({ name: String(index), ...exception }));
  const { policy, notes } = floored({ exceptions: named });
  assert.equal(notes.length, exceptions.length - policy.exceptions.length);
  return policy.exceptions.map(({ name }) => name);
};

test('an exception of everything is left out, however it is written', () => {
  for (const sources of [
    ['0.0.0.0/0'],
    ['::/0'],
    ['::/64'],
    ['::ffff:0:0/96'],
    ['10.0.0.0/9', '10.128.0.0/9'],
    ['fd00::/8'],
  ]) {
    assert.deepEqual(exceptionsLeft([{ sources }, { targets: sources }]), [], sources.join());
  }
});

test('exceptions are bounded together, in their order, each by its narrowest scope', () => {
  assert.deepEqual(exceptionsLeft([{ sources: ['10.1.0.0/16'] }, { sources: ['10.2.0.1/32'] }]), ['0']);
  assert.deepEqual(exceptionsLeft([{ sources: ['10.1.2.3/32'], targets: ['0.0.0.0/0'] }]), ['0']);
  assert.deepEqual(
    exceptionsLeft([
      { sources: ['fd00:1::/48'], ports: [22] },
      { sources: ['10.0.0.0/8'], ports: [22] },
    ]),
    ['0', '1'],
  );
  const ports = (from: number) => ({ ports: Array.from({ length: 40 }, (_, index) => from + index) });
  assert.deepEqual(exceptionsLeft([ports(1), ports(100)]), ['0']);
  assert.deepEqual(exceptionsLeft([{ processes: ['/usr/bin/nmap'], sources: ['0.0.0.0/0'] }]), ['0']);
});

test('docs/policy.md has every bound', () => {
  const docs = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8');
  for (const { setting, bound } of MODEL_FLOORS) {
    assert.ok(docs.includes(`| \`${setting}\` | ${bound} |`), `${setting} ${bound}`);
  }
});
