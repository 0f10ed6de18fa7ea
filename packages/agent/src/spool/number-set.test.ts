import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createNumberSet, rangesOf } from './number-set.ts';

const range = fc.tuple(fc.nat(60), fc.nat(8)).map(([from, more]): [number, number] => [from, from + more]);

test('a set of numbers has what was added, once, as ranges that do not touch', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), (added) => {
      const set = createNumberSet();
      const plain = new Set<number>();
      for (const [from, through] of added) {
        const before = plain.size;
        for (let number = from; number <= through; number++) plain.add(number);
        assert.equal(set.add(from, through), plain.size - before);
      }
      assert.equal(set.size(), plain.size);
      for (let number = 0; number <= 70; number++) assert.equal(set.has(number), plain.has(number));
      assert.deepEqual(set.ranges(), rangesOf([...plain].sort((a, b) => a - b)));
    }),
  );
});

test('ascending numbers are ranges', () => {
  assert.deepEqual(rangesOf([1, 2, 2, 3, 7, 9, 10]), [
    [1, 3],
    [7, 7],
    [9, 10],
  ]);
});
