import { H_CLOCK_MS } from '../src/layout.ts';
import { moveClock } from './move-clock.ts';
import { clockOf, isIdle, removeSource } from './source-table.ts';
import { times } from './tables.ts';

/** Brings a source up to its clock; true if nothing was left of it and its place is free now. */
export function settle(source: i32): bool {
  times[H_CLOCK_MS] = clockOf(source);
  moveClock(source);
  if (!isIdle(source)) return false;
  removeSource(source);
  return true;
}
