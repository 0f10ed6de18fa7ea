/**
 * HalfSipHash-1-3, the keyed hash of Linux's own 32-bit hash tables (`hsiphash`), over four 32-bit words. Who does not
 * know the key cannot choose addresses that share a chain. Words and result are signed 32-bit integers.
 */
export function hsiphash4(key0: number, key1: number, a: number, b: number, c: number, d: number): number {
  return hsiphash(key0, key1, 8, a, b, c, d, 16 << 24, 0, 0);
}

/** The same over six words. */
export function hsiphash6(
  key0: number,
  key1: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
): number {
  return hsiphash(key0, key1, 10, a, b, c, d, e, f, 24 << 24);
}

/** Message words, then the word of the length, then zeros: the arguments move up one place each round. */
function hsiphash(
  key0: number,
  key1: number,
  rounds: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
): number {
  let v0 = key0;
  let v1 = key1;
  let v2 = key0 ^ 0x6c796765;
  let v3 = key1 ^ 0x74656462;
  for (let left = rounds; left > 0; left--) {
    const word = a;
    a = b;
    b = c;
    c = d;
    d = e;
    e = f;
    f = g;
    g = 0;
    if (left === 3) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}
