import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNewToken } from './enroll-token-options.ts';

test('a token is for one agent and an hour unless it is asked for otherwise', () => {
  const problems: string[] = [];
  assert.deepEqual(readNewToken({}, problems), { labels: [], maxUses: 1, validSeconds: 3600 });
  assert.deepEqual(readNewToken({ label: ['site=north=1', 'rack='], uses: '20', validMinutes: '1440' }, problems), {
    labels: [
      { name: 'site', value: 'north=1' },
      { name: 'rack', value: '' },
    ],
    maxUses: 20,
    validSeconds: 86_400,
  });
  assert.deepEqual(problems, []);
});

test('everything that is wrong is told', () => {
  const problems: string[] = [];
  readNewToken({ label: ['site', '=north'], uses: '0', validMinutes: '1h' }, problems);
  assert.deepEqual(problems, [
    '--label: must be NAME=VALUE such as site=north, is "site"',
    '--label: must be NAME=VALUE such as site=north, is "=north"',
    '--uses: must be a whole number from 1 to 10000',
    '--valid-minutes: must be a whole number from 1 to 43200',
  ]);
});
