import { checkProbation } from './cadence.ts';
import { endIfQuiet } from './episode.ts';
import { S_CLOCK_TIME, S_DUE_TIME, S_FLAGS_HALF, SOURCE_WATCHED } from './layout.ts';
import type { Shard } from './shard.ts';
import { slide } from './window.ts';

/** Ages of entries are exact up to 2^32 ms; a leap over more than this is made in two, and the first one ends all there is. */
const LEAP_MS = 2 ** 31;

/** Brings a source up to `clockMs`, which is never earlier than where it is. */
export function moveClock(shard: Shard, source: number, clockMs: number): void {
  const { times } = shard;
  const time = source << 3;
  const fromMs = times[time + S_CLOCK_TIME]!;
  if (clockMs - fromMs > LEAP_MS) step(shard, source, fromMs + LEAP_MS);
  step(shard, source, clockMs);
  times[time + S_CLOCK_TIME] = clockMs;
}

function step(shard: Shard, source: number, clockMs: number): void {
  const due = (source << 3) + S_DUE_TIME;
  if (clockMs >= shard.times[due]!) {
    slide(shard, source, clockMs);
    if (shard.halves[(source << 5) + S_FLAGS_HALF]! & SOURCE_WATCHED) {
      const probationMs = checkProbation(shard, source, clockMs);
      // What broke out of the window may be past its time.
      slide(shard, source, clockMs);
      shard.times[due] = Math.min(shard.times[due]!, probationMs);
    }
  }
  endIfQuiet(shard, source, clockMs);
}
