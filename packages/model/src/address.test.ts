import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalAddress, formatAddress, parseAddress } from './address.ts';

test('an IPv4 address, alone or mapped into IPv6, is one address', () => {
  assert.deepEqual(parseAddress('10.1.2.3'), parseAddress('::ffff:10.1.2.3'));
  assert.equal(canonicalAddress('::FFFF:a01:203'), '10.1.2.3');
});

test('an IPv6 address has one text form', () => {
  assert.equal(canonicalAddress('2001:DB8:0:0::1'), '2001:db8::1');
});

test('text that is no four-part address and no IPv6 address is refused', () => {
  for (const text of ['', '1', '10.1', '0x7f.0.0.1', '010.0.0.1', '10.0.0.256', 'fe80::1%eth0', 'host', '10.0.0.1 ']) {
    assert.equal(parseAddress(text), undefined, text);
    assert.equal(canonicalAddress(text), undefined, text);
  }
});

test('every 16 bytes survive the way to text and back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      assert.deepEqual(parseAddress(formatAddress(bytes)), bytes);
    }),
  );
});
