import { type Outcome, outcomeOf, type Sighting } from '@connscan/model';
import { entryText, sourceText } from './address-text.ts';
import { entryAt } from './block.ts';
import {
  E_FIRST,
  E_META,
  E_OLDER_HALF,
  E_UNTOLD_HALF,
  H_DIRTY_FIRST,
  META_EXPIRED,
  META_HABITUAL,
  META_OUTCOME,
  META_OUTCOME_SHIFT,
  META_PORT,
  S_DIRTY_HALF,
  S_NEWEST_HALF,
} from './layout.ts';
import { settle } from './settle.ts';
import type { Shard } from './shard.ts';
import { clockOf, unqueueSource } from './source-table.ts';
import { ageOf, forget } from './window.ts';

/** Up to `limit` entries with something untold, by source, those first that have waited longest; they are told then. */
export function takeSightings(shard: Shard, limit: number): Sighting[] {
  const { words, halves } = shard;
  const rows: Sighting[] = [];
  while (rows.length < limit) {
    const source = words[H_DIRTY_FIRST]!;
    if (source === 0) break;
    const text = sourceText(shard, source);
    const clockMs = clockOf(shard, source);
    const dirty = (source << 5) + S_DIRTY_HALF;
    // What is untold was touched lately, so it stands among the newest and the walk is short.
    for (let slot = halves[(source << 5) + S_NEWEST_HALF]!; halves[dirty]! > 0 && rows.length < limit; ) {
      const at = entryAt(shard, source, slot);
      const older = halves[(at << 1) + E_OLDER_HALF]!;
      if (halves[(at << 1) + E_UNTOLD_HALF] !== 0) {
        rows.push({
          source: text,
          ...serviceOf(shard, source, at, clockMs),
          connections: halves[(at << 1) + E_UNTOLD_HALF]!,
        });
        halves[(at << 1) + E_UNTOLD_HALF] = 0;
        halves[dirty]!--;
        if (words[at + E_META]! & META_EXPIRED) forget(shard, source, slot);
      }
      slot = older;
    }
    if (halves[dirty] === 0) {
      unqueueSource(shard, source);
      settle(shard, source);
    }
  }
  return rows;
}

/** What an entry says of its service; of a habitual one the first time is the last. */
export function serviceOf(
  shard: Shard,
  source: number,
  at: number,
  clockMs: number,
): Omit<Sighting, 'source' | 'connections'> {
  const { words } = shard;
  const lastSeenMs = clockMs - ageOf(shard, at, clockMs);
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
