import { type Outcome, outcomeOf, type Sighting } from '@connscan/model';
import { entryText, sourceText } from './address-text.ts';
import {
  E_FIRST,
  E_META,
  E_OLDER_HALF,
  E_UNTOLD_HALF,
  H_DIRTY_FIRST,
  H_TELLING_ROWS,
  META_EXPIRED,
  META_HABITUAL,
  META_OUTCOME,
  META_OUTCOME_SHIFT,
  META_PORT,
  META_TELLING,
  S_DIRTY_HALF,
  S_DIRTY_NEXT,
  S_NEWEST_HALF,
} from './layout.ts';
import type { Shard } from './shard.ts';

/**
 * Up to `limit` entries with something untold, by source, those first that have waited longest; they are told again until
 * forgetSightings.
 */
export function tellSightings(shard: Shard, limit: number): Sighting[] {
  const { words, halves, core } = shard;
  const rows: Sighting[] = [];
  for (let source = words[H_DIRTY_FIRST]!; source !== 0 && rows.length < limit; source = nextDirty(shard, source)) {
    const text = sourceText(shard, source);
    const clockMs = core.clockOf(source);
    eachUntold(shard, source, (at) => {
      rows.push({
        source: text,
        ...serviceOf(shard, source, at, clockMs),
        connections: halves[(at << 1) + E_UNTOLD_HALF]!,
      });
      // Before the mark, so that there are never more marks than this says.
      words[H_TELLING_ROWS]!++;
      words[at + E_META]! |= META_TELLING;
      return rows.length < limit;
    });
  }
  return rows;
}

/** The answer with these rows has arrived. Done again after a worker's death, it does what was left to do. */
export function forgetSightings(shard: Shard): void {
  const { words, halves, core } = shard;
  for (let source = words[H_DIRTY_FIRST]!; source !== 0 && words[H_TELLING_ROWS]! > 0; ) {
    const next = nextDirty(shard, source);
    const dirty = (source << 5) + S_DIRTY_HALF;
    eachUntold(shard, source, (at, slot) => {
      if ((words[at + E_META]! & META_TELLING) === 0) return true;
      halves[(at << 1) + E_UNTOLD_HALF] = 0;
      halves[dirty]!--;
      words[at + E_META]! &= ~META_TELLING;
      words[H_TELLING_ROWS]!--;
      if (words[at + E_META]! & META_EXPIRED) core.forget(source, slot);
      return true;
    });
    if (halves[dirty] === 0) {
      core.unqueueSource(source);
      core.settle(source);
    }
    source = next;
  }
}

/** The answer was lost: the rows are untold as they were. */
export function keepSightings(shard: Shard): void {
  const { words } = shard;
  for (let source = words[H_DIRTY_FIRST]!; source !== 0; source = nextDirty(shard, source)) {
    eachUntold(shard, source, (at) => {
      words[at + E_META]! &= ~META_TELLING;
      return true;
    });
  }
}

function nextDirty({ words }: Shard, source: number): number {
  return words[(source << 4) + S_DIRTY_NEXT]!;
}

/** Visits the entries of a source with something untold, the newest first, until `visit` returns false. */
function eachUntold(shard: Shard, source: number, visit: (at: number, slot: number) => boolean): void {
  const { halves, core } = shard;
  let left = halves[(source << 5) + S_DIRTY_HALF]!;
  // What is untold was touched lately, so it stands among the newest and the walk is short.
  for (let slot = halves[(source << 5) + S_NEWEST_HALF]!; left > 0; ) {
    const at = core.entryAt(source, slot);
    const older = halves[(at << 1) + E_OLDER_HALF]!;
    if (halves[(at << 1) + E_UNTOLD_HALF] !== 0) {
      if (!visit(at, slot)) return;
      left--;
    }
    slot = older;
  }
}

/** What an entry says of its service; of a habitual one the first time is the last. */
export function serviceOf(
  shard: Shard,
  source: number,
  at: number,
  clockMs: number,
): Omit<Sighting, 'source' | 'connections'> {
  const { words, core } = shard;
  const lastSeenMs = clockMs - core.ageOf(at, clockMs);
  const habitual = (words[at + E_META]! & META_HABITUAL) !== 0;
  return {
    destination: entryText(shard, source, at),
    port: words[at + E_META]! & META_PORT,
    outcome: outcomeAt(shard, at),
    firstSeenMs: habitual ? lastSeenMs : clockMs - ((clockMs - words[at + E_FIRST]!) >>> 0),
    lastSeenMs,
  };
}

/** The outcome of an entry's latest connection. */
export function outcomeAt({ words }: Shard, at: number): Outcome {
  return outcomeOf((words[at + E_META]! & META_OUTCOME) >> META_OUTCOME_SHIFT)!;
}
