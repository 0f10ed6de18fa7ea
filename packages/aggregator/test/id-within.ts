import { createHash } from 'node:crypto';
import { EVERYBODY, placeOf } from '../src/policy/documents.ts';

/** The id of an agent whose place is in a part of all places, from 0 to 1; the same each time, and another one for each `nth`. */
export function idWithin(from: number, to: number, nth = 0): string {
  let found = 0;
  for (let seed = 0; ; seed++) {
    const digits = createHash('sha256').update(`${seed}`).digest('hex');
    const groups = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`];
    const id = [...groups, digits.slice(20, 32)].join('-');
    const share = placeOf(id) / EVERYBODY;
    if (share >= from && share < to && found++ === nth) return id;
  }
}
