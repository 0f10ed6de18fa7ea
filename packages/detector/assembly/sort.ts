import { SORT_TIME } from '../src/layout.ts';
import { times } from './tables.ts';

/**
 * Sorts the first `count` numbers of the header's place for it, by the gaps of Ciura: there is no memory to sort in but the
 * tables, and they are 1,024 at most.
 */
export function sort(count: i32): void {
  for (let gap = 701; gap > 0; gap = next(gap)) {
    for (let i = gap; i < count; i++) {
      const number = times[SORT_TIME + i];
      let at = i;
      for (; at >= gap && times[SORT_TIME + at - gap] > number; at -= gap) {
        times[SORT_TIME + at] = times[SORT_TIME + at - gap];
      }
      times[SORT_TIME + at] = number;
    }
  }
}

function next(gap: i32): i32 {
  if (gap > 132) return gap === 701 ? 301 : 132;
  if (gap > 23) return gap === 132 ? 57 : 23;
  if (gap > 4) return gap === 23 ? 10 : 4;
  return gap === 4 ? 1 : 0;
}
