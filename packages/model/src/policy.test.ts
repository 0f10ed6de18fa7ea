import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODEL_NAMES } from './detection-model.ts';
import { enabledModels, modelPolicy } from './model-policy.ts';
import { DEFAULT_POLICY, policySchema } from './policy.ts';
import { problemsOf } from './problems.ts';

/** What is wrong with a policy, one line each. */
function problems(policy: object): string[] {
  const { error } = policySchema.safeParse(policy);
  return error ? problemsOf(error) : [];
}

test('an empty document is the default policy', () => {
  assert.deepEqual(policySchema.parse({}), DEFAULT_POLICY);
  assert.deepEqual(DEFAULT_POLICY.models.connscan_internal_internal.thresholds, { low: 10, medium: 25, high: 100 });
});

test('the model inside the network is at work unless it is switched off, its siblings once they are switched on', () => {
  assert.deepEqual(
    enabledModels(DEFAULT_POLICY).map(({ model }) => model.name),
    ['connscan_internal_internal'],
  );
  const swapped = { connscan_internal_internal: { enabled: false }, connscan_external_internal: { enabled: true } };
  assert.deepEqual(
    enabledModels(policySchema.parse({ models: swapped })).map(({ model }) => model.name),
    ['connscan_external_internal'],
  );
});

test('every model has its own settings, with the same defaults, and shares exceptions and habits', () => {
  const habit = { source: '10.0.0.1', destination: '10.0.0.2', port: 80, decision: 'pinned' };
  const exception = { name: 'scanner', sources: ['10.0.0.9/32'] };
  const models = { connscan_internal_external: { confirmSeconds: 0 } };
  const policy = policySchema.parse({ models, habits: [habit], exceptions: [exception] });
  for (const name of MODEL_NAMES) {
    const { model, confirmSeconds, habits, exceptions } = modelPolicy(policy, name);
    assert.equal(model.name, name);
    assert.equal(confirmSeconds, name === 'connscan_internal_external' ? 0 : 30);
    assert.deepEqual([habits, exceptions], [[habit], [exception]]);
  }
});

test('every problem of a policy is reported at once, each with its field and what would be right', () => {
  const settings = { thresholds: { low: 30, medium: 25, high: 100 }, slow: { services: 0, periodSeconds: 3600 } };
  assert.deepEqual(
    problems({
      internalCidrs: ['10.0.0.1/8'],
      maxOriginatorBytes: -1,
      rollupPeriodSeconds: 300,
      models: { connscan_internal_internal: settings, connscan_internal_extern: {} },
    }),
    [
      'internalCidrs.0: must be an address range such as 10.0.0.0/8, with no bits set behind its prefix',
      'maxOriginatorBytes: Too small: expected number to be >=0',
      'models.connscan_internal_internal.thresholds: must rise: low ≤ medium ≤ high',
      'models.connscan_internal_internal.slow.services: Too small: expected number to be >=1',
      'models: Unrecognized key: "connscan_internal_extern"',
      'document: Unrecognized key: "rollupPeriodSeconds"',
    ],
  );
});

test('an exception says what it takes, in ranges, ports or processes that exist, until a time', () => {
  const name = 'x';
  assert.deepEqual(
    problems({
      exceptions: [
        { name, sources: ['10.0.0.5/32'], expiresAt: '2027-01-01T00:00:00+01:00' },
        { name: 'all', reason: 'no scope' },
        { name: 'odd', targets: ['10.0.0.5'], ports: [0], processes: [''], expiresAt: 'tomorrow' },
        { name: 'none', ports: [] },
        { name: 'a\0b', ports: [22] },
      ],
    }),
    [
      'exceptions.1: must have at least one of sources, targets, ports, processes',
      'exceptions.2.targets.0: must be an address range such as 10.0.0.0/8, with no bits set behind its prefix',
      'exceptions.2.ports.0: Too small: expected number to be >=1',
      'exceptions.2.processes.0: Too small: expected string to have >=1 characters',
      'exceptions.2.expiresAt: Invalid ISO datetime',
      'exceptions.3.ports: Too small: expected array to have >=1 items',
      'exceptions.4.name: must have no control characters',
    ],
  );
});

test('two exceptions of one name are refused, as their hits could not be told apart', () => {
  const exception = { name: 'backup', ports: [873] };
  assert.deepEqual(problems({ exceptions: [exception, exception] }), ['exceptions: names must be unique']);
});

test('a habit is one service of one source, with addresses in their one form, pinned or revoked', () => {
  const habit = { source: '::ffff:10.0.0.1', destination: 'FD00::1', port: 443, decision: 'revoked' };
  const { habits } = policySchema.parse({ habits: [habit] });
  assert.deepEqual(habits, [{ ...habit, source: '10.0.0.1', destination: 'fd00::1' }]);
  assert.deepEqual(problems({ habits: [{ source: 'all', destination: 'fd00::1', port: 70_000, decision: 'kept' }] }), [
    'habits.0.source: must be an IPv4 or IPv6 address',
    'habits.0.port: Too big: expected number to be <=65535',
    'habits.0.decision: Invalid option: expected one of "pinned"|"revoked"',
  ]);
});
