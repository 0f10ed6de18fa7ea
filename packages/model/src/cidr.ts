import ipaddr from 'ipaddr.js';
import { parseAddress } from './address.ts';

/** An address range in the 16-byte form of addresses: prefix bits count from the start of the IPv6 form. */
export type Cidr = { readonly bytes: Uint8Array; readonly prefixBits: number };

/** Reads `10.0.0.0/8` or `fc00::/7`; undefined if the text is no range, or has bits set behind its prefix. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', prefix = '', rest] = text.split('/');
  const bytes = parseAddress(address);
  if (!bytes || rest !== undefined || !/^\d{1,3}$/.test(prefix)) return undefined;
  const offset = ipaddr.IPv4.isValid(address) ? 96 : 0;
  const prefixBits = Number(prefix) + offset;
  if (prefixBits > 128 || !zeroBehind(bytes, prefixBits)) return undefined;
  return { bytes, prefixBits };
}

function zeroBehind(bytes: Uint8Array, prefixBits: number): boolean {
  return bytes.every((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefixBits - index * 8));
    return (byte & (0xff >> kept)) === 0;
  });
}
