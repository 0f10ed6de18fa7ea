/**
 * HalfSipHash-1-3, the keyed hash of Linux's own 32-bit hash tables (`hsiphash`), over two or five 32-bit words. Who does
 * not know the key cannot choose addresses that share a chain. Words and result are signed 32-bit integers.
 */
export function hsiphash2(key0: i32, key1: i32, a: i32, b: i32): i32 {
  return hsiphash(key0, key1, 2, a, b, 0, 0, 0);
}

export function hsiphash5(key0: i32, key1: i32, a: i32, b: i32, c: i32, d: i32, e: i32): i32 {
  return hsiphash(key0, key1, 5, a, b, c, d, e);
}

/** The words, then the length in bytes shifted by 24, then three rounds to finish. */
function hsiphash(key0: i32, key1: i32, length: i32, a: i32, b: i32, c: i32, d: i32, e: i32): i32 {
  let v0 = key0;
  let v1 = key1;
  let v2 = key0 ^ 0x6c796765;
  let v3 = key1 ^ 0x74656462;
  for (let round = 0; round < length + 4; round++) {
    let word = 0;
    if (round === length) word = length << 26;
    else if (round === 0) word = a;
    else if (round === 1) word = b;
    else if (round < length) word = round === 2 ? c : round === 3 ? d : e;
    if (round === length + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = v0 + v1;
    v1 = rotl(v1, 5) ^ v0;
    v0 = rotl(v0, 16);
    v2 = v2 + v3;
    v3 = rotl(v3, 8) ^ v2;
    v0 = v0 + v3;
    v3 = rotl(v3, 7) ^ v0;
    v2 = v2 + v1;
    v1 = rotl(v1, 13) ^ v2;
    v2 = rotl(v2, 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}
