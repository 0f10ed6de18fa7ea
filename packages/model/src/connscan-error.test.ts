import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ConnscanError } from './connscan-error.ts';
import { ERROR_CODES } from './error-code.ts';

test('an error carries the exit code of its row in the table', () => {
  assert.equal(new ConnscanError('BAD_USAGE', 'x').exitCode, 2);
  assert.equal(new ConnscanError('UNSUPPORTED_MACHINE', 'x').exitCode, 3);
});

test('docs/errors.md has one row for each code, with its exit code, and no other', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d) \|/gm)].map(([, code, exit]) => [code, Number(exit)]);
  assert.deepEqual(Object.fromEntries(rows), ERROR_CODES);
});
