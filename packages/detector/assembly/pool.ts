import { CHAIN, POOL_FREE, POOL_FRESH, POOL_USED } from '../src/layout.ts';
import { words } from './tables.ts';

/** A record's line of the pool at header word `pool`, 0 if all are taken. `end` is the line behind the pool. */
export function takeLine(pool: i32, end: i32, lines: i32): i32 {
  let line = words[pool + POOL_FREE];
  if (line !== 0) {
    words[pool + POOL_FREE] = words[(line << 4) + CHAIN];
  } else {
    line = words[pool + POOL_FRESH];
    if (line >= end) return 0;
    words[pool + POOL_FRESH] = line + lines;
  }
  words[pool + POOL_USED]++;
  return line;
}

/** Gives the line of a dead record back. */
export function giveLine(pool: i32, line: i32): void {
  words[(line << 4) + CHAIN] = words[pool + POOL_FREE];
  words[pool + POOL_FREE] = line;
  words[pool + POOL_USED]--;
}
