import { parseCidr } from './cidr.ts';

/** The addresses of some ranges. */
export type AddressSet = {
  /**
   * Whether an address is among them. It is four words from the place `at` on, in network byte order as a little-endian
   * machine reads them: as records and tables have it. Allocates nothing; takes longer by the logarithm of the ranges.
   */
  has(words: ArrayLike<number>, at: number): boolean;
};

type Range = { readonly first: bigint; last: bigint };

/** The set of these ranges; those that are no ranges are left out, as the policy's schema lets none through. */
export function createAddressSet(cidrs: readonly string[]): AddressSet {
  const ranges = mergeRanges(cidrs.map(rangeOf).filter((range) => range !== undefined));
  const firsts = orderedWords(ranges.map(({ first }) => first));
  const lasts = orderedWords(ranges.map(({ last }) => last));

  return {
    has(words, at) {
      const a = ordered(words[at]!);
      const b = ordered(words[at + 1]!);
      const c = ordered(words[at + 2]!);
      const d = ordered(words[at + 3]!);
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
    addresses.flatMap((address) => [96n, 64n, 32n, 0n].map((shift) => Number((address >> shift) & 0xffff_ffffn))),
    (word) => word ^ 0x8000_0000,
  );
}
