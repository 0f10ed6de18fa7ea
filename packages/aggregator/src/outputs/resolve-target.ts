import type { LookupAddress } from 'node:dns';
import { lookup as lookupHost } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All addresses of a name. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

export type ResolveOptions = { readonly allowPrivate: boolean; readonly lookup?: Lookup };

/**
 * The address to connect to, which is connected to and not asked for again: a name cannot point elsewhere meanwhile. Throws
 * for one that is not public (loopback, private, link-local, multicast, reserved, or an IPv4 address in IPv6) unless
 * `allowPrivate`: whoever may add outputs must not reach what only this host can. A name with one such address is refused.
 */
export async function resolveTarget(
  host: string,
  { allowPrivate, lookup = lookupAll }: ResolveOptions,
): Promise<LookupAddress> {
  // A URL has IPv6 addresses in brackets.
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(bare);
  const found = family ? [{ address: bare, family }] : await lookup(bare);
  const [first] = found;
  if (!first) throw new Error(`${bare}: has no address`);
  const refused = allowPrivate ? undefined : found.find(({ address }) => ipaddr.parse(address).range() !== 'unicast');
  if (refused) {
    const address = refused.address === bare ? bare : `${bare} (${refused.address})`;
    throw new Error(`${address}: is no public address; outputs inside need allowPrivate`);
  }
  return first;
}

function lookupAll(host: string): Promise<LookupAddress[]> {
  return lookupHost(host, { all: true });
}
