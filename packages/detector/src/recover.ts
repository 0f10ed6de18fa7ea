import { entryBucket } from './entry-table.ts';
import {
  CHAIN,
  E_CONNECTIONS,
  E_LAST_TIME,
  E_META,
  E_NEWER,
  E_SOURCE,
  E_UNTOLD,
  EPISODE_LINES,
  H_DIRTY_FIRST,
  H_DIRTY_LAST,
  H_ENTRY_POOL,
  H_EPISODE_POOL,
  H_PENDING_ALERTS,
  H_RECOVERIES,
  H_SOURCE_POOL,
  META_IN_WINDOW,
  META_LIVE,
  P_PENDING,
  P_REVISION,
  P_SOURCE,
  P_STATE,
  PENDING_END,
  PENDING_START,
  POOL_FREE,
  POOL_FRESH,
  POOL_USED,
  RAISING,
  S_ABORTED_HALF,
  S_DIRTY_HALF,
  S_EDGE,
  S_ENTRIES_HALF,
  S_EPISODE,
  S_FAILED_HALF,
  S_LIVE_HALF,
  S_NEWEST,
  S_NOVEL_HALF,
  S_OLDEST,
  STATE_ENDED,
  STATE_OPEN,
} from './layout.ts';
import { chain, giveLine } from './pool.ts';
import type { Shard } from './shard.ts';
import { clockOf, isIdle, queueSource, removeSource, sourceBucket } from './source-table.ts';
import { count, enter, link } from './window.ts';

/**
 * Rebuilds every list, chain, count and pool of a shard from its records alone. A worker that died in the middle of an
 * operation may have left any of them half changed, and a record either whole or dead. Costs one walk over the tables
 * and a sort of the entries.
 */
export function recover(shard: Shard): void {
  const { words, times } = shard;
  times[H_RECOVERIES]!++;
  words.fill(0, shard.sourceBuckets);
  words[H_DIRTY_FIRST] = 0;
  words[H_DIRTY_LAST] = 0;
  words[H_PENDING_ALERTS] = 0;
  recoverPool(shard, H_SOURCE_POOL, shard.sourcesFrom, 1, (source) => recoverSource(shard, source));
  recoverPool(shard, H_EPISODE_POOL, shard.episodesFrom, EPISODE_LINES, (episode) => recoverEpisode(shard, episode));
  const entries: number[] = [];
  recoverPool(shard, H_ENTRY_POOL, shard.entriesFrom, 1, (entry) => {
    if (!isSound(shard, entry)) return false;
    entries.push(entry);
    return true;
  });
  entries.sort((x, y) => times[(x << 3) + E_LAST_TIME]! - times[(y << 3) + E_LAST_TIME]!);
  for (const entry of entries) relist(shard, entry);
  for (const entry of entries) recount(shard, entry);
  for (let source = shard.sourcesFrom; source < words[H_SOURCE_POOL + POOL_FRESH]!; source++) {
    if (isLive(shard, source) && isIdle(shard, source)) removeSource(shard, source);
  }
}

/** Counts the records that `keep` finds alive, and frees the others. */
function recoverPool(shard: Shard, pool: number, from: number, lines: number, keep: (line: number) => boolean): void {
  const { words } = shard;
  const end = words[pool + POOL_FRESH]!;
  words[pool + POOL_FREE] = 0;
  words[pool + POOL_USED] = (end - from) / lines;
  for (let line = from; line < end; line += lines) {
    if (!keep(line)) giveLine(shard, pool, line);
  }
}

function recoverSource(shard: Shard, source: number): boolean {
  if (!isLive(shard, source)) return false;
  const { words, halves } = shard;
  const at = source << 4;
  for (const word of [S_NEWEST, S_OLDEST, S_EDGE, S_EPISODE, CHAIN]) words[at + word] = 0;
  const half = source << 5;
  for (const count of [S_ABORTED_HALF, S_FAILED_HALF, S_ENTRIES_HALF, S_DIRTY_HALF, S_NOVEL_HALF]) {
    halves[half + count] = 0;
  }
  chain(shard, sourceBucket(shard, source), source);
  return true;
}

function recoverEpisode(shard: Shard, episode: number): boolean {
  const { words } = shard;
  const at = episode << 4;
  const source = words[at + P_SOURCE]!;
  if (words[at + P_STATE] === STATE_OPEN) {
    // Its end is raised before it is ended, its start after it is open.
    if (words[at + P_PENDING]! & PENDING_END) words[at + P_STATE] = STATE_ENDED;
    else words[(source << 4) + S_EPISODE] = episode;
    if (words[at + P_PENDING] === 0 && words[at + P_REVISION] === 0) words[at + P_PENDING] = PENDING_START | RAISING;
  } else if (words[at + P_STATE] !== STATE_ENDED) {
    words[at + P_PENDING] = 0;
  }
  if (words[at + P_PENDING] !== 0) words[H_PENDING_ALERTS]!++;
  // An ended episode with nothing to tell was just taken.
  return words[at + P_STATE] === STATE_OPEN || words[at + P_PENDING] !== 0;
}

function isSound(shard: Shard, entry: number): boolean {
  const { words } = shard;
  return (words[(entry << 4) + E_META]! & META_LIVE) !== 0 && isLive(shard, words[(entry << 4) + E_SOURCE]!);
}

function isLive({ halves }: Shard, source: number): boolean {
  return halves[(source << 5) + S_LIVE_HALF] === 1;
}

/** Entries come in rising order of time, so each is the newest of its source so far. */
function relist(shard: Shard, entry: number): void {
  const { words, halves } = shard;
  const source = words[(entry << 4) + E_SOURCE]!;
  link(shard, source, entry);
  chain(shard, entryBucket(shard, entry), entry);
  halves[(source << 5) + S_ENTRIES_HALF]!++;
  if (words[(entry << 4) + E_UNTOLD] === 0) return;
  if (++halves[(source << 5) + S_DIRTY_HALF]! === 1) queueSource(shard, source);
}

/** The edge of a source is its oldest entry at first, and moves up past those that had left the window. */
function recount(shard: Shard, entry: number): void {
  const { words, times } = shard;
  const source = words[(entry << 4) + E_SOURCE]!;
  const isEdge = words[(source << 4) + S_EDGE] === entry;
  const isOld = times[(entry << 3) + E_LAST_TIME]! <= clockOf(shard, source) - shard.limits.windowMs;
  if (words[(entry << 4) + E_META]! & META_IN_WINDOW) {
    count(shard, source, entry, 1);
  } else if (isEdge && isOld) {
    words[(source << 4) + S_EDGE] = words[(entry << 4) + E_NEWER]!;
    return;
  } else {
    // It was about to enter the window, or about to leave it and will again.
    enter(shard, source, entry);
  }
  words[(entry << 4) + E_CONNECTIONS] ||= 1;
}
