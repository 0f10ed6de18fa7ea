import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
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

test('every text of an IPv6 address is read as a library reads it', () => {
  const groups = fc.array(fc.constantFrom('0', '1', '00ab', 'FFFF', 'a01'), { minLength: 8, maxLength: 8 });
  const shortened = fc.tuple(groups, fc.nat({ max: 8 }), fc.nat({ max: 8 })).map(([all, from, through]) => {
    return from > through ? all.join(':') : `${all.slice(0, from).join(':')}::${all.slice(through + 1).join(':')}`;
  });
  fc.assert(
    fc.property(fc.oneof(shortened, fc.ipV6(), fc.constantFrom('::', '::1', '1::', '::10.1.2.3')), (text) => {
      if (isIPv6(text)) assert.deepEqual([...parseAddress(text)!], ipaddr.IPv6.parse(text).toByteArray());
    }),
  );
});

test('every 16 bytes survive the way to text and back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      assert.deepEqual(parseAddress(formatAddress(bytes)), bytes);
    }),
  );
});
