import { writeIpv4 } from '@connscan/model';

const ZERO = 0x30;
const POINT = 0x2e;
const COLON = 0x3a;

/**
 * Reads an address as Zeek writes it into four words in network byte order, IPv4 as IPv4-mapped IPv6, and says whether
 * it is one. Makes no string: at a million lines, strings are half of the time.
 */
export function parseAddressText(bytes: Uint8Array, from: number, to: number, words: Int32Array, at: number): boolean {
  for (let i = from; i < to && i < from + 5; i++) {
    if (bytes[i] === COLON) return parseIpv6(bytes, from, to, words, at);
  }
  const word = parseIpv4(bytes, from, to);
  if (word === NONE) return false;
  writeIpv4(words, at, word);
  return true;
}

/** No word, which is a signed 32-bit number. */
const NONE = 2 ** 32;

function parseIpv4(bytes: Uint8Array, from: number, to: number): number {
  let word = 0;
  let octet = 0;
  let digits = 0;
  let shift = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      // 010 is 8 for some and 10 for others.
      if (digits > 0 && octet === 0) return NONE;
      octet = octet * 10 + digit;
      digits++;
      if (octet > 255) return NONE;
    } else {
      if (bytes[at] !== POINT || digits === 0 || shift === 24) return NONE;
      word |= octet << shift;
      shift += 8;
      octet = 0;
      digits = 0;
    }
  }
  return digits > 0 && shift === 24 ? word | (octet << 24) : NONE;
}

function parseIpv6(bytes: Uint8Array, from: number, to: number, words: Int32Array, at: number): boolean {
  for (let word = 0; word < 4; word++) words[at + word] = 0;
  /** Groups of 16 bits read so far, and how many stand before `::`. */
  let groups = 0;
  let gap = -1;
  let i = from;
  if (bytes[i] === COLON) {
    if (bytes[i + 1] !== COLON || i + 1 >= to) return false;
    gap = 0;
    i += 2;
  }
  while (i < to) {
    const begin = i;
    let value = 0;
    let digit = hexDigit(bytes[i]!);
    for (; i < to && digit >= 0; digit = hexDigit(bytes[++i]!)) value = (value << 4) | digit;
    if (i < to && bytes[i] === POINT) {
      const word = parseIpv4(bytes, begin, to);
      if (word === NONE || groups > 6) return false;
      setGroup(words, at, groups, ((word & 0xff) << 8) | ((word >>> 8) & 0xff));
      setGroup(words, at, groups + 1, ((word >>> 8) & 0xff00) | (word >>> 24));
      groups += 2;
      i = to;
      break;
    }
    if (i === begin || i - begin > 4 || groups === 8) return false;
    setGroup(words, at, groups++, value);
    if (i === to) break;
    if (bytes[i++] !== COLON || i === to) return false;
    if (bytes[i] === COLON) {
      if (gap >= 0) return false;
      gap = groups;
      i++;
    }
  }
  if (gap < 0) return groups === 8;
  if (groups > 7) return false;
  moveBehindGap(words, at, gap, groups);
  return true;
}

/** What stands behind `::` ends the address. */
function moveBehindGap(words: Int32Array, at: number, gap: number, groups: number): void {
  const distance = 8 - groups;
  for (let group = groups - 1; group >= gap; group--) {
    const value = (words[at + (group >> 1)]! >>> ((group & 1) << 4)) & 0xffff;
    words[at + (group >> 1)]! &= group & 1 ? 0xffff : ~0xffff;
    orGroup(words, at, group + distance, value);
  }
}

function setGroup(words: Int32Array, at: number, group: number, value: number): void {
  orGroup(words, at, group, ((value & 0xff) << 8) | (value >>> 8));
}

/** `value` is in network byte order; its place must be 0. */
function orGroup(words: Int32Array, at: number, group: number, value: number): void {
  words[at + (group >> 1)]! |= value << ((group & 1) << 4);
}

function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= ZERO + 9) return byte - ZERO;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
