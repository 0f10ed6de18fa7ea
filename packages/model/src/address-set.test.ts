import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from './address.ts';
import { createAddressSet } from './address-set.ts';
import { DEFAULT_POLICY } from './policy.ts';

function has(cidrs: readonly string[], address: string): boolean {
  // Not at the start, as in a record.
  const words = new Int32Array(6);
  new Uint8Array(words.buffer).set(parseAddress(address)!, 8);
  return createAddressSet(cidrs).has(words, 2);
}

test('the first and the last address of a range are in, their neighbours are not', () => {
  for (const [cidr, first, last, before, behind] of [
    ['10.0.0.0/8', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
    ['172.16.0.0/12', '172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
    ['192.0.2.7/32', '192.0.2.7', '192.0.2.7', '192.0.2.6', '192.0.2.8'],
    ['128.0.0.0/1', '128.0.0.0', '255.255.255.255', '127.255.255.255', '::1:0:0:0'],
    ['fc00::/7', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fbff::', 'fe00::'],
    ['2001:db8::8000:0/97', '2001:db8::8000:0', '2001:db8::ffff:ffff', '2001:db8::7fff:ffff', '2001:db8::1:0:0'],
  ] as const) {
    assert.deepEqual(
      [first, last, before, behind].map((address) => has([cidr], address)),
      [true, true, false, false],
      cidr,
    );
  }
});

test('ranges may lie in one another, touch, and come in any order', () => {
  const cidrs = ['10.1.0.0/16', '192.168.0.0/24', '10.0.0.0/8', '192.168.1.0/24', '10.2.0.0/16'];
  for (const address of ['10.0.0.1', '10.1.0.1', '10.200.0.1', '192.168.0.255', '192.168.1.0']) {
    assert.ok(has(cidrs, address), address);
  }
  for (const address of ['192.168.2.0', '192.167.255.255', '11.0.0.0', '::']) assert.ok(!has(cidrs, address), address);
});

test('all addresses of a family are in its whole range, and none in no range', () => {
  for (const address of ['::', '0.0.0.0', '255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']) {
    assert.ok(has(['::/0'], address));
    assert.ok(!has([], address));
  }
  assert.ok(!has(['0.0.0.0/0'], '::1'));
});

test('of the default ranges, private and link-local addresses are inside, loopback and others outside', () => {
  const { internalCidrs } = DEFAULT_POLICY;
  for (const address of ['10.9.8.7', '172.20.0.1', '192.168.3.4', '169.254.1.1', 'fd12::1', 'fe80::1']) {
    assert.ok(has(internalCidrs, address), address);
  }
  for (const address of ['127.0.0.1', '::1', '8.8.8.8', '2001:db8::1']) {
    assert.ok(!has(internalCidrs, address), address);
  }
});
