import { parseCidr } from './cidr.ts';
import { isIpv4 } from './ipv4-words.ts';

/** The addresses of some ranges. */
export type AddressSet = {
  /**
   * Whether an address is among them. It is four words from the place `at` on, in network byte order as a little-endian
   * machine reads them: as records and tables have it. Allocates nothing; takes longer by the logarithm of the ranges.
   */
  has(words: ArrayLike<number>, at: number): boolean;
};

type Range = { readonly first: bigint; last: bigint };

/** The first and last address of IPv4 as one of IPv6. */
const IPV4 = { first: 0xffff_0000_0000n, last: 0xffff_ffff_ffffn };

/** The set of these ranges; those that are no ranges are left out, as the policy's schema lets none through. */
export function createAddressSet(cidrs: readonly string[]): AddressSet {
  const ranges = mergeRanges(cidrs.map(rangeOf).filter((range) => range !== undefined));
  const firsts = orderedWords(ranges.map(({ first }) => first));
  const lasts = orderedWords(ranges.map(({ last }) => last));
  // Nearly all addresses are of IPv4, whose last word says it all.
  const ofIpv4 = ranges.filter(({ first, last }) => first <= IPV4.last && last >= IPV4.first);
  const firstsOfIpv4 = lastWords(ofIpv4.map(({ first }) => (first < IPV4.first ? IPV4.first : first)));
  const lastsOfIpv4 = lastWords(ofIpv4.map(({ last }) => (last > IPV4.last ? IPV4.last : last)));

  function hasIpv4(address: number): boolean {
    let low = 0;
    let high = firstsOfIpv4.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (firstsOfIpv4[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && lastsOfIpv4[low - 1]! >= address;
  }

  return {
    has(words, at) {
      const d = ordered(words[at + 3]!);
      if (isIpv4(words, at)) return hasIpv4(d);
      const a = ordered(words[at]!);
      const b = ordered(words[at + 1]!);
      const c = ordered(words[at + 2]!);
      let low = 0;
      let high = firsts.length >> 2;
      // Behind the last range that begins at or before the address.
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (compare(firsts, middle << 2, a, b, c, d) <= 0) low = middle + 1;
        else high = middle;
      }
      return low > 0 && compare(lasts, (low - 1) << 2, a, b, c, d) >= 0;
    },
  };
}

function compare(bounds: Int32Array, at: number, a: number, b: number, c: number, d: number): number {
  if (bounds[at] !== a) return bounds[at]! < a ? -1 : 1;
  if (bounds[at + 1] !== b) return bounds[at + 1]! < b ? -1 : 1;
  if (bounds[at + 2] !== c) return bounds[at + 2]! < c ? -1 : 1;
  if (bounds[at + 3] !== d) return bounds[at + 3]! < d ? -1 : 1;
  return 0;
}

/** A word whose order as a signed number is that of its bytes; an unsigned one above 2³¹ may become a heap number. */
function ordered(word: number): number {
  const swapped = ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
  return swapped ^ 0x8000_0000;
}

function rangeOf(text: string): Range | undefined {
  const cidr = parseCidr(text);
  if (!cidr) return undefined;
  const first = BigInt(`0x${Buffer.from(cidr.bytes).toString('hex')}`);
  return { first, last: first | ((1n << BigInt(128 - cidr.prefixBits)) - 1n) };
}

/** Sorted, and none touches another. */
function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const { first, last } of ranges.toSorted((x, y) => (x.first < y.first ? -1 : Number(x.first > y.first)))) {
    const before = merged.at(-1);
    if (!before || first > before.last + 1n) merged.push({ first, last });
    else if (last > before.last) before.last = last;
  }
  return merged;
}

function orderedWords(addresses: readonly bigint[]): Int32Array {
  return Int32Array.from(
    addresses.flatMap((address) => [96n, 64n, 32n, 0n].map((shift) => orderedWord(address >> shift))),
  );
}

function lastWords(addresses: readonly bigint[]): Int32Array {
  return Int32Array.from(addresses, orderedWord);
}

function orderedWord(address: bigint): number {
  return Number(address & 0xffff_ffffn) ^ 0x8000_0000;
}
