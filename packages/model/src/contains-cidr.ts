import type { Cidr } from './cidr.ts';

/** Whether a range holds every address of another. */
export function containsCidr(outer: Cidr, inner: Cidr): boolean {
  if (outer.prefixBits > inner.prefixBits) return false;
  return inner.bytes.every((byte, index) => {
    const kept = Math.min(8, Math.max(0, outer.prefixBits - index * 8));
    return ((byte ^ outer.bytes[index]!) & ~(0xff >> kept) & 0xff) === 0;
  });
}
