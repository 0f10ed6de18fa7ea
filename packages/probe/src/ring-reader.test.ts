import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUSY, createMemoryRing, DISCARD, type MemoryRing } from '../test/memory-ring.ts';
import { RECORD_BYTES } from './record.ts';
import { createRingReader } from './ring-reader.ts';

const PAGE = 4096;
/** The kernel never fills the last byte. */
const RECORDS_PER_PAGE = 63;

function open(ring: MemoryRing) {
  const reader = createRingReader(ring.pages);
  const drain = (limit = Number.POSITIVE_INFINITY) => {
    const firsts: number[] = [];
    const records = reader.drain((at) => firsts.push(reader.words[at]!), limit);
    assert.equal(records, firsts.length);
    return firsts;
  };
  return { reader, drain };
}

describe('ring reader', () => {
  it('visits records in the order they were written and gives their place back', () => {
    const ring = createMemoryRing(PAGE);
    const { reader, drain } = open(ring);
    assert.equal(reader.hasData(), false);
    for (const first of [7, 8, 9]) ring.push(first);
    assert.equal(reader.hasData(), true);
    assert.deepEqual(drain(), [7, 8, 9]);
    assert.equal(reader.hasData(), false);
    assert.equal(ring.pages.consumer[0], 192n);
    assert.deepEqual(drain(), []);
  });

  for (const [name, start] of [
    ['zero', 0n],
    ['the sign of the low word', 2n ** 31n - 128n],
    ['4 GiB', 2n ** 32n - 128n],
    ['the sign of the low word above 4 GiB', 5n * 2n ** 32n + 2n ** 31n - 128n],
    ['the widest position that a number holds', 2n ** 53n - 64_100n * 64n],
  ] as const) {
    it(`loses and repeats nothing while positions cross ${name}`, () => {
      const ring = createMemoryRing(PAGE, start);
      const { drain } = open(ring);
      const got: number[] = [];
      let pushed = 0;
      while (pushed < 1000) {
        const batch = 1 + ((pushed * 7) % RECORDS_PER_PAGE);
        for (let i = 0; i < batch; i++) assert.notEqual(ring.push(pushed++), false);
        got.push(...drain());
        assert.equal(ring.pages.consumer[0], start + BigInt(pushed) * 64n);
      }
      assert.deepEqual(
        got,
        Array.from({ length: pushed }, (_, index) => index),
      );
    });
  }

  it('drains a full ring, after which it takes records again', () => {
    const ring = createMemoryRing(PAGE, 2n ** 32n - 2048n);
    const { drain } = open(ring);
    for (let i = 0; i < RECORDS_PER_PAGE; i++) ring.push(i);
    assert.equal(ring.push(-1), false);
    assert.equal(drain().length, RECORDS_PER_PAGE);
    assert.notEqual(ring.push(-1), false);
  });

  it('stops before a record that the kernel is still writing', () => {
    const ring = createMemoryRing(PAGE);
    const { reader, drain } = open(ring);
    ring.push(1);
    const at = ring.push(2, RECORD_BYTES | BUSY);
    ring.push(3);
    assert.deepEqual(drain(), [1]);
    assert.deepEqual(drain(), []);
    assert.equal(reader.hasData(), true);
    ring.setHeader(Number(at), RECORD_BYTES);
    assert.deepEqual(drain(), [2, 3]);
  });

  it('passes over a discarded record and gives its place back', () => {
    const ring = createMemoryRing(PAGE);
    const { reader, drain } = open(ring);
    ring.push(1, RECORD_BYTES | DISCARD);
    ring.push(2);
    ring.push(3, RECORD_BYTES | DISCARD);
    assert.deepEqual(drain(), [2]);
    assert.equal(ring.pages.consumer[0], 192n);
    assert.equal(reader.malformed(), 0);
  });

  it('visits no more than the limit and keeps the rest', () => {
    const ring = createMemoryRing(PAGE);
    const { drain } = open(ring);
    for (const first of [1, 2, 3]) ring.push(first);
    assert.deepEqual(drain(2), [1, 2]);
    assert.deepEqual(drain(0), []);
    assert.deepEqual(drain(2), [3]);
  });

  it('gives no place back before the visits are through, and none at all when they fail', () => {
    const ring = createMemoryRing(PAGE);
    const { reader } = open(ring);
    ring.push(1);
    const given: bigint[] = [];
    reader.drain(
      () => {},
      10,
      () => given.push(ring.pages.consumer[0]!),
    );
    assert.deepEqual([...given, ring.pages.consumer[0]], [0n, 64n]);
    ring.push(2);
    const fail = () => {
      throw new Error('the batch failed');
    };
    assert.throws(() => reader.drain(() => {}, 10, fail), /the batch failed/);
    assert.equal(ring.pages.consumer[0], 64n);
  });

  it('counts and skips a record of another length, and those behind it that the end of the ring splits', () => {
    const ring = createMemoryRing(PAGE);
    const { reader, drain } = open(ring);
    for (const split of [0, 1, 1]) {
      const before = reader.malformed();
      for (let i = 0; i < RECORDS_PER_PAGE - 1; i++) ring.push(2);
      ring.push(1, 40);
      assert.deepEqual(drain(), Array(RECORDS_PER_PAGE - 1 - split).fill(2));
      assert.equal(reader.malformed() - before, 1 + split);
      assert.equal(reader.hasData(), false);
    }
  });

  for (const length of [0, 1, DISCARD - 1]) {
    it(`comes to an end on a damaged length of ${length}`, () => {
      const ring = createMemoryRing(PAGE);
      const { reader, drain } = open(ring);
      const at = ring.push(1);
      ring.push(2);
      ring.setHeader(Number(at), length);
      drain();
      assert.ok(reader.malformed() > 0);
      assert.equal(ring.pages.consumer[0], 128n);
      ring.push(3);
      assert.deepEqual(drain(), [3]);
    });
  }

  it('continues where another reader of the same ring stopped', () => {
    const ring = createMemoryRing(PAGE);
    const [one, other] = [open(ring), open(ring)];
    for (const first of [1, 2, 3, 4]) ring.push(first);
    assert.deepEqual(one.drain(1), [1]);
    assert.deepEqual(other.drain(2), [2, 3]);
    assert.deepEqual(one.drain(), [4]);
  });

  it('gives nothing back when the visitor throws', () => {
    const ring = createMemoryRing(PAGE);
    const { reader, drain } = open(ring);
    ring.push(1);
    ring.push(2);
    const fail = () => {
      throw new Error('visitor');
    };
    assert.throws(() => reader.drain(fail, 10), /visitor/);
    assert.deepEqual(drain(), [1, 2]);
  });
});
