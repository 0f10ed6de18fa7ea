import { H_CLOCK_MS } from './layout.ts';
import { moveClock } from './move-clock.ts';
import type { Shard } from './shard.ts';
import { clockOf, isIdle, removeSource } from './source-table.ts';

/** Brings a source up to its clock; true if nothing was left of it and its place is free now. */
export function settle(shard: Shard, source: number): boolean {
  shard.times[H_CLOCK_MS] = clockOf(shard, source);
  moveClock(shard, source);
  if (!isIdle(shard, source)) return false;
  removeSource(shard, source);
  return true;
}
