import { endIfQuiet } from './episode.ts';
import type { Shard } from './shard.ts';
import { clockOf, isIdle, removeSource } from './source-table.ts';
import { slide } from './window.ts';

/** Brings a source up to its clock; true if nothing was left of it and its place is free now. */
export function settle(shard: Shard, source: number): boolean {
  const clockMs = clockOf(shard, source);
  slide(shard, source, clockMs);
  endIfQuiet(shard, source, clockMs);
  if (!isIdle(shard, source)) return false;
  removeSource(shard, source);
  return true;
}
