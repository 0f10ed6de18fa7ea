import { entryText, sourceText } from './address-text.ts';
import {
  E_CADENCE,
  E_FIRST,
  E_META,
  E_OLDER_HALF,
  H_SOURCE_POOL,
  META_HABITUAL,
  META_PINNED,
  META_PORT,
  META_PROBATION,
  POOL_FRESH,
  S_ENTRIES_HALF,
  S_FLAGS_HALF,
  S_HABITUAL_HALF,
  S_NEWEST_HALF,
  SOURCE_LINES,
  SOURCE_LIVE,
  SOURCE_PREFIX,
} from './layout.ts';
import type { Shard } from './shard.ts';

/** A service that a source touches so regularly that it does not count. Times are boot-clock milliseconds. */
export type Habit = {
  readonly source: string;
  /** 64: it is a habit of the /64 that `source` begins. */
  readonly sourcePrefixBits?: 64;
  readonly destination: string;
  readonly port: number;
  readonly sinceMs: number;
  /** Left out if it is touched often, but at no steady beat. */
  readonly periodMs?: number;
  readonly lastSeenMs: number;
  /** `probation`: if it stops soon, it was none. `pinned`: by an administrator. */
  readonly state: 'probation' | 'trusted' | 'pinned';
};

/** Every habit that a shard has learnt. */
export function habitsOf(shard: Shard): Habit[] {
  const { words, halves, core } = shard;
  const habits: Habit[] = [];
  const end = words[H_SOURCE_POOL + POOL_FRESH]!;
  for (let source = shard.sourcesFrom; source < end; source += SOURCE_LINES) {
    const half = source << 5;
    if ((halves[half + S_FLAGS_HALF]! & SOURCE_LIVE) === 0 || halves[half + S_HABITUAL_HALF] === 0) continue;
    let slot = halves[half + S_NEWEST_HALF]!;
    for (let left = halves[half + S_ENTRIES_HALF]!; left > 0; left--) {
      const at = core.entryAt(source, slot);
      // One that is forgotten may wait for the sweep.
      const isKept = core.ageOf(at, core.clockOf(source)) < shard.limits.forgetMs;
      if (words[at + E_META]! & META_HABITUAL && isKept) habits.push(habitOf(shard, source, at));
      slot = halves[(at << 1) + E_OLDER_HALF]!;
    }
  }
  return habits;
}

function habitOf(shard: Shard, source: number, at: number): Habit {
  const { words, halves, core } = shard;
  const meta = words[at + E_META]!;
  const cadence = words[at + E_CADENCE]!;
  const clockMs = core.clockOf(source);
  return {
    source: sourceText(shard, source),
    ...(halves[(source << 5) + S_FLAGS_HALF]! & SOURCE_PREFIX && { sourcePrefixBits: 64 as const }),
    destination: entryText(shard, source, at),
    port: meta & META_PORT,
    sinceMs: (words[at + E_FIRST]! >>> 0) * 1000,
    ...(core.hasBeat(cadence) && { periodMs: core.periodOf(cadence) }),
    lastSeenMs: clockMs - core.ageOf(at, clockMs),
    state: meta & META_PINNED ? 'pinned' : meta & META_PROBATION ? 'probation' : 'trusted',
  };
}
