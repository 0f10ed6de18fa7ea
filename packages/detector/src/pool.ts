import { CHAIN, POOL_FREE, POOL_FRESH, POOL_USED } from './layout.ts';
import type { Shard } from './shard.ts';

/** A record's line of the pool at header word `pool`, 0 if all are taken. `end` is the line behind the pool. */
export function takeLine(shard: Shard, pool: number, end: number, lines: number): number {
  const { words } = shard;
  let line = words[pool + POOL_FREE]!;
  if (line !== 0) {
    words[pool + POOL_FREE] = words[(line << 4) + CHAIN]!;
  } else {
    line = words[pool + POOL_FRESH]!;
    if (line >= end) return 0;
    words[pool + POOL_FRESH] = line + lines;
  }
  words[pool + POOL_USED]!++;
  return line;
}

/** Gives the line of a dead record back. */
export function giveLine(shard: Shard, pool: number, line: number): void {
  const { words } = shard;
  words[(line << 4) + CHAIN] = words[pool + POOL_FREE]!;
  words[pool + POOL_FREE] = line;
  words[pool + POOL_USED]!--;
}
