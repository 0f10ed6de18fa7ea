import { latin1Text } from './latin1-text.ts';

const ZERO = 0x30;
const POINT = 0x2e;

/** Digits that a double holds exactly. */
const MOST_DIGITS = 15;

const POWERS = Float64Array.from({ length: MOST_DIGITS + 3 }, (_, exponent) => 10 ** exponent);

/** A whole number of at most 15 digits, or -1. */
export function parseCount(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to || to - from > MOST_DIGITS) return -1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Seconds written as a decimal fraction, in milliseconds; NaN for anything that is not at least 0. */
export function parseSeconds(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  let point = to;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (bytes[at] === POINT && point === to) point = at;
    else return secondsOfText(bytes, from, to);
  }
  const decimals = to === point ? 0 : to - point - 1;
  // 16 digits of a time in microseconds are below 2^53 until the year 2255.
  if (to - from > MOST_DIGITS + 2 || to - from < 1 + Number(point < to) || value > Number.MAX_SAFE_INTEGER) {
    return secondsOfText(bytes, from, to);
  }
  return decimals > 3 ? value / POWERS[decimals - 3]! : value * POWERS[3 - decimals]!;
}

/** The rare forms: an exponent, more digits than are exact. */
function secondsOfText(bytes: Uint8Array, from: number, to: number): number {
  const text = latin1Text(bytes, from, to);
  if (!/^\d{1,400}(\.\d{1,400})?(e[+-]?\d{1,3})?$/i.test(text)) return Number.NaN;
  const ms = Number(text) * 1000;
  return Number.isFinite(ms) ? ms : Number.NaN;
}
