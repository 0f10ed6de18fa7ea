import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCount, parseSeconds } from './parse-number.ts';

function within<Result>(text: string, parse: (bytes: Uint8Array, from: number, to: number) => Result): Result {
  // Digits around it are not its own.
  const bytes = Buffer.from(`7${text}7`);
  return parse(bytes, 1, bytes.length - 1);
}

test('seconds are milliseconds, to the microsecond of Zeek and whole ones exactly', () => {
  for (const [text, ms] of [
    ['0', 0],
    ['0.000000', 0],
    ['1700000000.250000', 1_700_000_000_250],
    ['1700000000.999', 1_700_000_000_999],
    ['4102444800', 4_102_444_800_000],
    ['60.001000', 60_001],
    ['1e3', 1_000_000],
    ['2.5E-3', 2.5],
    ['0.50000000000000000000', 500],
    ['000000000000000000001', 1000],
  ] as const) {
    assert.equal(within(text, parseSeconds), ms, text);
  }
  for (let i = 0; i < 1000; i++) {
    const microseconds = 1_700_000_000_000_000 + i * 999_983;
    const text = `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, '0')}`;
    const ms = within(text, parseSeconds);
    assert.equal(Math.round(ms * 1000), microseconds, text);
    if (microseconds % 1000 === 0) assert.equal(ms, microseconds / 1000);
  }
});

test('what is no number of seconds is none', () => {
  for (const text of [
    '',
    '-',
    '.',
    '.5',
    '5.',
    '-1',
    '+1',
    '1.2.3',
    '1,5',
    ' 1',
    '1 ',
    'NaN',
    'Infinity',
    '0x10',
    '1e999',
    '1e',
  ]) {
    assert.ok(Number.isNaN(within(text, parseSeconds)), text);
  }
});

test('a count is a whole number that is exact', () => {
  assert.equal(within('0', parseCount), 0);
  assert.equal(within('065535', parseCount), 65_535);
  assert.equal(within('999999999999999', parseCount), 999_999_999_999_999);
  for (const text of ['', '-', '-1', '1.0', '1e3', ' 1', '1000000000000000'])
    assert.equal(within(text, parseCount), -1, text);
});
