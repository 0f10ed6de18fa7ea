import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCore } from '../src/core.ts';
import { createMemory } from '../src/tables.ts';

const rules = {
  concerns: () => false,
  exceptionOf: () => -1,
  decisionOf: () => 0,
  overrideOf: () => 0,
  useCounts: () => {},
};
const { hsiphash2, hsiphash5 } = openCore(createMemory(0), rules).core;

test('HalfSipHash-1-3 gives the vectors of the Linux kernel: bytes 0..n-1 under the key 00 01 .. 07', () => {
  const key = [0x03020100, 0x07060504] as const;
  assert.equal(hsiphash2(...key, 0x03020100, 0x07060504) >>> 0, 0x577999b1);
  assert.equal(hsiphash5(...key, 0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0x13121110) >>> 0, 0x911bb605);
});

test('words with the sign bit set hash as the unsigned words of the definition do', () => {
  const key = [0x89abcdef | 0, 0xfedcba98 | 0] as const;
  const words = [0xffffffff, 0x80000000, 0xdeadbeef, 0xfe80ffff, 0x9c9d9e9f];
  const [a, b, c, d, e] = words.map((word) => word | 0) as [number, number, number, number, number];
  assert.equal(hsiphash2(...key, a, b) >>> 0, definition(key, words.slice(0, 2)));
  assert.equal(hsiphash5(...key, a, b, c, d, e) >>> 0, definition(key, words));
});

/** The definition written down in BigInt, modulo 2^32 at every step. */
function definition(key: readonly [number, number], words: readonly number[]): number {
  const mask = 0xffff_ffffn;
  const turn = (word: bigint, by: bigint) => ((word << by) | (word >> (32n - by))) & mask;
  const [k0, k1] = key.map((word) => BigInt(word >>> 0)) as [bigint, bigint];
  let [v0, v1, v2, v3] = [k0, k1, 0x6c796765n ^ k0, 0x74656462n ^ k1];
  const round = () => {
    v0 = (v0 + v1) & mask;
    v1 = turn(v1, 5n) ^ v0;
    v0 = turn(v0, 16n);
    v2 = (v2 + v3) & mask;
    v3 = turn(v3, 8n) ^ v2;
    v0 = (v0 + v3) & mask;
    v3 = turn(v3, 7n) ^ v0;
    v2 = (v2 + v1) & mask;
    v1 = turn(v1, 13n) ^ v2;
    v2 = turn(v2, 16n);
  };
  for (const word of [...words, (words.length * 4) << 24]) {
    v3 ^= BigInt(word >>> 0);
    round();
    v0 ^= BigInt(word >>> 0);
  }
  v2 ^= 0xffn;
  for (let i = 0; i < 3; i++) round();
  return Number(v1 ^ v3);
}
