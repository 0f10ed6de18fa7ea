import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from './cidr.ts';

test('an IPv4 range counts its prefix from the start of the IPv6 form', () => {
  assert.equal(parseCidr('10.0.0.0/8')?.prefixBits, 104);
  assert.equal(parseCidr('0.0.0.0/0')?.prefixBits, 96);
});

test('an IPv6 range keeps its prefix', () => {
  assert.equal(parseCidr('fc00::/7')?.prefixBits, 7);
  assert.equal(parseCidr('::1/128')?.prefixBits, 128);
});

test('a range with bits behind its prefix, without prefix, or with a prefix too long is refused', () => {
  for (const text of [
    '10.0.0.1/8',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    'fc00::/129',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'x/8',
  ]) {
    assert.equal(parseCidr(text), undefined, text);
  }
});
