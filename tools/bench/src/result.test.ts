import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createResult, median } from './result.ts';

describe('median', () => {
  it('is the middle one of an odd number of values, in whatever order', () => {
    assert.equal(median([100, 9, 10]), 10);
  });

  it('is the mean of the two middle ones of an even number', () => {
    assert.equal(median([4, 1, 100, 2]), 3);
  });

  it('of nothing is refused', () => {
    assert.throws(() => median([]), RangeError);
  });
});

describe('a result', () => {
  it('is the median, and keeps four digits of fractions and all of whole numbers', () => {
    assert.deepEqual(createResult('x.y', 'ns', [1.23456, 123456, 98.76543]), {
      name: 'x.y',
      value: 98.77,
      unit: 'ns',
      runs: [1.235, 123456, 98.77],
    });
  });
});
