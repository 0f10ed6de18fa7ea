import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatExceptions } from './format-exceptions.ts';
import { PLAIN } from './screen.ts';
import type { Exception } from './tuning-answers.ts';

const EXCEPTION: Exception = {
  ...{ name: 'backup', reason: null, owner: 'storage\u202e', expired: false, expiresAt: null },
  ...{ sources: ['10.0.0.9/32'], targets: null, ports: [22, 873], processes: null },
  ...{ hits: 12, document: 'exceptions', selector: [{ name: 'site', value: 'lab' }] },
};

test('an exception is told by what it takes, its hits, its end, and whose it is', () => {
  const ended = { ...EXCEPTION, name: 'old', expired: true, expiresAt: '2026-01-01T00:00:00.000Z', selector: [] };
  const [, first, second] = formatExceptions([EXCEPTION, ended], PLAIN).split('\n');
  assert.match(first!, /^backup +from 10\.0\.0\.9\/32, port 22 873 +12 +never +storage\? +exceptions +site=lab$/);
  assert.match(second!, /^old +.* +expired 2026-01-01T00:00:00\.000Z +.* +all agents$/);
  assert.equal(formatExceptions([], PLAIN), 'no exceptions\n');
});
