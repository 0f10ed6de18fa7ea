import { statSync } from 'node:fs';
import { BlockList } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { canonicalAddress } from '@connscan/model';
import { MAX_ADDRESSES } from '@connscan/wire';
import type { NetnsScope } from './netns-scope.ts';

/** The addresses by which others know this host, in one order; those beyond 64 are left out. */
export function hostAddresses(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): string[] {
  // Every host has these.
  const everywhere = new BlockList();
  everywhere.addSubnet('127.0.0.0', 8, 'ipv4');
  everywhere.addSubnet('169.254.0.0', 16, 'ipv4');
  everywhere.addAddress('::1', 'ipv6');
  everywhere.addSubnet('fe80::', 10, 'ipv6');
  const addresses = Object.values(interfaces).flatMap((infos = []) =>
    infos
      .filter(({ address, family }) => !everywhere.check(address, family === 'IPv4' ? 'ipv4' : 'ipv6'))
      .map(({ address }) => canonicalAddress(address)),
  );
  return [...new Set(addresses.filter((address) => address !== undefined))].sort().slice(0, MAX_ADDRESSES);
}

/** Whether this process is in a network namespace that is watched: the addresses of another one are not to be read from here. */
export function watchesOwnNetns(scope: NetnsScope): boolean {
  return scope === undefined || scope.includes(statSync('/proc/self/ns/net').ino);
}
