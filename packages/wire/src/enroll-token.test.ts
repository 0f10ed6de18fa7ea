import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEnrollToken, encodeEnrollToken } from './enroll-token.ts';

const token = { id: Buffer.alloc(16, 1), secret: Buffer.alloc(32, 2), authority: Buffer.alloc(32, 3) };
const text = encodeEnrollToken(token);

test('a token is read as it was written', () => {
  assert.match(text, /^connscan-enroll-[\w-]{107}$/);
  assert.deepEqual(decodeEnrollToken(text), token);
});

test('text that is no token, a cut one and one with more behind it are none', () => {
  for (const other of ['', 'connscan-enroll-', text.slice(0, -1), `${text}A`, `${text}=`, ` ${text}`, text.slice(1)]) {
    assert.equal(decodeEnrollToken(other), undefined, other);
  }
});
