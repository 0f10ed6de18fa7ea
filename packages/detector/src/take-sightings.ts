import { type Outcome, outcomeOf, type Sighting } from '@connscan/model';
import { addressText } from './address-text.ts';
import {
  E_LAST_TIME,
  E_META,
  E_OLDER,
  E_UNTOLD,
  E_UNTOLD_MS,
  H_DIRTY_FIRST,
  META_OUTCOME,
  META_OUTCOME_SHIFT,
  META_PORT,
  S_DIRTY_HALF,
  S_NEWEST,
} from './layout.ts';
import { settle } from './settle.ts';
import type { Shard } from './shard.ts';
import { unqueueSource } from './source-table.ts';

/** Up to `limit` entries with something untold, by source, those first that have waited longest; they are told then. */
export function takeSightings(shard: Shard, limit: number): Sighting[] {
  const { words, halves } = shard;
  const rows: Sighting[] = [];
  while (rows.length < limit) {
    const source = words[H_DIRTY_FIRST]!;
    if (source === 0) break;
    const text = addressText(shard, source);
    const dirty = (source << 5) + S_DIRTY_HALF;
    // What is untold was touched lately, so it stands among the newest and the walk is short.
    for (let entry = words[(source << 4) + S_NEWEST]!; halves[dirty]! > 0 && rows.length < limit; ) {
      if (words[(entry << 4) + E_UNTOLD] !== 0) {
        rows.push(rowOf(shard, text, entry));
        words[(entry << 4) + E_UNTOLD] = 0;
        halves[dirty]!--;
      }
      entry = words[(entry << 4) + E_OLDER]!;
    }
    if (halves[dirty] === 0) {
      unqueueSource(shard, source);
      settle(shard, source);
    }
  }
  return rows;
}

function rowOf(shard: Shard, source: string, entry: number): Sighting {
  const { words, times } = shard;
  const at = entry << 4;
  const lastSeenMs = times[(entry << 3) + E_LAST_TIME]!;
  return {
    source,
    destination: addressText(shard, entry),
    port: words[at + E_META]! & META_PORT,
    outcome: outcomeAt(shard, entry),
    firstSeenMs: lastSeenMs - words[at + E_UNTOLD_MS]!,
    lastSeenMs,
    connections: words[at + E_UNTOLD]!,
  };
}

/** The outcome of an entry's latest connection. */
export function outcomeAt({ words }: Shard, entry: number): Outcome {
  return outcomeOf((words[(entry << 4) + E_META]! & META_OUTCOME) >> META_OUTCOME_SHIFT)!;
}
