import { latin1Text } from './latin1-text.ts';
import { parseSeconds } from './parse-number.ts';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/;

/** Wall-clock milliseconds of seconds since 1970, or of an ISO 8601 time (in UTC unless it says otherwise); else NaN. */
export function parseTime(bytes: Uint8Array, from: number, to: number): number {
  return isIso(bytes, from, to) ? isoMs(bytes, from, to) : parseSeconds(bytes, from, to);
}

function isIso(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from >= 19 && bytes[from + 4] === 0x2d;
}

function isoMs(bytes: Uint8Array, from: number, to: number): number {
  const text = latin1Text(bytes, from, to);
  const found = ISO.exec(text);
  return found ? Date.parse(found[2] ? text : `${text}Z`) : Number.NaN;
}
