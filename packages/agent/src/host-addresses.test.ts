import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'node:test';
import { hostAddresses, watchesOwnNetns } from './host-addresses.ts';

function infoOf(address: string): NetworkInterfaceInfo {
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  return { address, family, netmask: '', mac: '', internal: false, cidr: null, scopeid: 0 } as NetworkInterfaceInfo;
}

test('a host is told by the addresses that no other host has, each once and in one order', () => {
  const interfaces = {
    lo: ['127.0.0.1', '::1'].map(infoOf),
    eth0: ['10.0.0.7', '169.254.3.3', 'fe80::1', 'fd00::7', '10.0.0.7'].map(infoOf),
    eth1: undefined,
  };
  assert.deepEqual(hostAddresses(interfaces), ['10.0.0.7', 'fd00::7']);
});

test('a host with very many addresses tells 64 of them', () => {
  const many = Array.from({ length: 300 }, (_, at) => infoOf(`10.0.${at >> 8}.${at & 255}`));
  assert.equal(hostAddresses({ eth0: many }).length, 64);
});

test('an agent that watches another network namespace does not take its own addresses for those of that one', () => {
  const { ino } = statSync('/proc/self/ns/net');
  assert.deepEqual([watchesOwnNetns(undefined), watchesOwnNetns([1, ino]), watchesOwnNetns([1])], [true, true, false]);
});
