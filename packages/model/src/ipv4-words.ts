/** The third word of each address of IPv4, as four words in network byte order on a little-endian machine: ::ffff:0:0/96. */
const MAPPED = 0xffff_0000 | 0;

/** Whether the four words from a place on are an address of IPv4. */
export function isIpv4(words: ArrayLike<number>, at: number): boolean {
  return words[at + 2] === MAPPED && words[at + 1] === 0 && words[at] === 0;
}

/** Puts an address of IPv4, by its only word, into four. */
export function writeIpv4(into: Int32Array, at: number, address: number): void {
  into[at] = 0;
  into[at + 1] = 0;
  into[at + 2] = MAPPED;
  into[at + 3] = address;
}
