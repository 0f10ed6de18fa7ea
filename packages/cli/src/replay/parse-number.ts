import { latin1Text } from './latin1-text.ts';

const ZERO = 0x30;
const POINT = 0x2e;

/** Digits that a double holds exactly. */
const MOST_DIGITS = 15;

const POWERS = Float64Array.from({ length: 10 }, (_, exponent) => 10 ** exponent);

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

/**
 * Seconds written as a decimal fraction, in milliseconds; NaN for anything that is not at least 0. The digits before and
 * behind the point are summed apart, as both are small whole numbers: one sum took half as long again.
 */
export function parseSeconds(bytes: Uint8Array, from: number, to: number): number {
  let whole = 0;
  let at = from;
  for (let digit = bytes[at]! - ZERO; at < to && digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) {
    whole = whole * 10 + digit;
  }
  if (at === from || at - from > MOST_DIGITS) return secondsOfText(bytes, from, to);
  if (at === to) return whole * 1000;
  const point = at;
  let fraction = 0;
  for (let digit = bytes[++at]! - ZERO; at < to && digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) {
    fraction = fraction * 10 + digit;
  }
  const decimals = at - point - 1;
  if (bytes[point] !== POINT || at < to || decimals === 0 || decimals >= POWERS.length) {
    return secondsOfText(bytes, from, to);
  }
  return whole * 1000 + (fraction / POWERS[decimals]!) * 1000;
}

/** The rare forms: an exponent, more digits than are exact. */
function secondsOfText(bytes: Uint8Array, from: number, to: number): number {
  const text = latin1Text(bytes, from, to);
  if (!/^\d{1,400}(\.\d{1,400})?(e[+-]?\d{1,3})?$/i.test(text)) return Number.NaN;
  const ms = Number(text) * 1000;
  return Number.isFinite(ms) ? ms : Number.NaN;
}
