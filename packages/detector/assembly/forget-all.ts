import {
  H_ADVANCED_MS,
  H_DIRTY_FIRST,
  H_DIRTY_LAST,
  H_ENTRIES,
  H_EPISODE_POOL,
  H_EPISODES_DUE_MS,
  H_PEAK,
  H_PENDING_ALERTS,
  H_SOURCE_POOL,
  H_SWEEP,
  H_WATCH_DUE_MS,
  H_WATCH_SECOND,
  POOL_FREE,
  POOL_FRESH,
  POOL_USED,
  S_FLAGS_HALF,
  SOURCE_LINES,
  SOURCE_LIVE,
} from '../src/layout.ts';
import { setStep } from './move-time.ts';
import { removeSource } from './source-table.ts';
import { episodesFrom, halves, sourcesFrom, times, words } from './tables.ts';

/**
 * Forgets every source and episode, whatever they have to tell, and all time that went by; counters stay. It takes as long as
 * sources were there, however large the tables are.
 */
export function forgetAll(): void {
  const end = words[H_SOURCE_POOL + POOL_FRESH];
  for (let source = sourcesFrom; source < end; source += SOURCE_LINES) {
    if (halves[(source << 5) + S_FLAGS_HALF] & SOURCE_LIVE) removeSource(source);
  }
  emptyPool(H_SOURCE_POOL, sourcesFrom);
  emptyPool(H_EPISODE_POOL, episodesFrom);
  words[H_SWEEP] = sourcesFrom;
  words[H_DIRTY_FIRST] = 0;
  words[H_DIRTY_LAST] = 0;
  words[H_ENTRIES] = 0;
  words[H_PENDING_ALERTS] = 0;
  words[H_PEAK] = 0;
  times[H_ADVANCED_MS] = 0;
  times[H_EPISODES_DUE_MS] = 0;
  times[H_WATCH_DUE_MS] = 0;
  times[H_WATCH_SECOND] = 0;
  setStep(0);
}

function emptyPool(pool: i32, from: i32): void {
  words[pool + POOL_FREE] = 0;
  words[pool + POOL_FRESH] = from;
  words[pool + POOL_USED] = 0;
}
