import { formatAddress, isIpv4, parseAddress } from '@connscan/model';

/** Sources as sightingsCopy chooses them. */
export type SourceSet = {
  /** Whether a source is among them: four words from a place on. */
  has(words: Int32Array, at: number): boolean;
};

/** Addresses of IPv4 and ranges of IPv6 of 64 bits. */
export function createSourceSet(sources: readonly string[]): SourceSet {
  const ipv4 = new Set<number>();
  /** First half of the prefix to second halves. */
  const ipv6 = new Map<number, Set<number>>();
  for (const source of sources) {
    const words = wordsOf(source.split('/')[0]!);
    if (isIpv4(words, 0)) ipv4.add(words[3]!);
    else ipv6.set(words[0]!, (ipv6.get(words[0]!) ?? new Set()).add(words[1]!));
  }
  return {
    has: (words, at) =>
      isIpv4(words, at) ? ipv4.has(words[at + 3]!) : (ipv6.get(words[at]!)?.has(words[at + 1]!) ?? false),
  };
}

/** A detection's source as it is chosen. Of IPv6 all of its /64: its addresses count together, and one is found in another's place. */
export function chosenSource(source: string): string {
  const words = wordsOf(source);
  if (isIpv4(words, 0)) return source;
  return `${formatAddress(new Uint8Array(words.buffer).fill(0, 8))}/64`;
}

function wordsOf(address: string): Int32Array {
  return new Int32Array(Uint8Array.from(parseAddress(address)!).buffer);
}
