import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFilter } from './detection-filter.ts';

test('no options choose every detection, the latest 50', () => {
  const { filter, limit } = readFilter({}, []);
  assert.deepEqual(JSON.parse(JSON.stringify(filter)), {});
  assert.equal(limit, 50);
});

test('options become the filter of the schema, addresses in their one form', () => {
  const args = {
    severity: 'high',
    confidence: 'confirmed',
    state: 'open',
    source: '::ffff:10.0.0.1',
    target: 'FD00::1',
    port: '22',
  };
  const { filter, limit } = readFilter(
    { ...args, network: '10.0.0.0/8', triage: 'new', since: '1h', limit: '7' },
    [],
    0,
  );
  assert.equal(limit, 7);
  assert.deepEqual(JSON.parse(JSON.stringify(filter)), {
    network: '10.0.0.0/8',
    triage: 'NEW',
    since: '1969-12-31T23:00:00.000Z',
    severity: 'HIGH',
    confidence: 'CONFIRMED',
    state: 'OPEN',
    source: '10.0.0.1',
    target: 'fd00::1',
    port: 22,
  });
});

test('all is without a limit', () => {
  assert.equal(readFilter({ all: true }, []).limit, Number.POSITIVE_INFINITY);
});

test('every wrong option is told at once', () => {
  const args = { severity: 'grave', state: 'ajar', source: 'host', port: '70000', limit: '0' };
  assert.throws(() => readFilter(args, ['--colour: unknown, see detections --help']), {
    code: 'BAD_USAGE',
    message: [
      '--colour: unknown, see detections --help',
      '--severity: must be one of low, medium, high',
      '--state: must be one of open, closed',
      '--source: must be an IPv4 or IPv6 address',
      '--port: must be a whole number from 1 to 65535',
      '--limit: must be a whole number from 1 to 100000',
    ].join('\n'),
  });
});
