import {
  ABORTED,
  E_CONNECTIONS_HALF,
  E_HEAD_HALF,
  E_META,
  E_UNTOLD_HALF,
  EPISODE_LINES,
  H_DIRTY_FIRST,
  H_DIRTY_LAST,
  H_ENTRIES,
  H_EPISODE_POOL,
  H_EPISODES_DUE_MS,
  H_PENDING_ALERTS,
  H_SOURCE_POOL,
  H_UNDO,
  H_WATCH_DUE_MS,
  META_BROKEN,
  META_EXPIRED,
  META_HABITUAL,
  META_IN_SLOW,
  META_IN_WINDOW,
  META_LIVE,
  META_NOVEL,
  META_PROBATION,
  META_TELLING,
  ORDER_BITS,
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
  S_BLOCK,
  S_BROKEN_HALF,
  S_CLOCK_TIME,
  S_DIRTY_HALF,
  S_DUE_TIME,
  S_EDGE_HALF,
  S_ENTRIES_HALF,
  S_EPISODE,
  S_FAILED_HALF,
  S_FLAGS_HALF,
  S_HABITUAL_HALF,
  S_NEWEST_HALF,
  S_NOVEL_HALF,
  S_SLOW_HALF,
  S_WATCH_TIME,
  SORT_TIME,
  SOURCE_LINES,
  SOURCE_LIVE,
  SOURCE_WATCHED,
  STATE_ENDED,
  STATE_OPEN,
  UNDO_WORDS,
  WATCH_SLOTS,
  WATCH_WORD,
} from '../src/layout.ts';
import { claimBlock, clearArena, fillArena } from './arena.ts';
import { capacityOf, chainSlot, entryAt, freeSlots } from './block.ts';
import * as limits from './limits.ts';
import { giveLine } from './pool.ts';
import { sort } from './sort.ts';
import { chainSource, isIdle, queueSource, removeSource } from './source-table.ts';
import { bucketMask, buckets, episodesFrom, halves, sourcesFrom, times, words } from './tables.ts';
import { watchSource } from './watch.ts';
import { ageOf, classOf, count, link } from './window.ts';

/** More than there are slots in a block. */
const SLOTS: f64 = 2048;

/**
 * Rebuilds every list, chain, count and pool of a shard from its records alone. A worker that died in the middle of an
 * operation may have left any of them half changed, and a record either whole or dead; the entry that it was changing is
 * put back to what it was. Costs one walk over the tables and a sort of the entries of each source.
 */
export function recover(): void {
  undo();
  words.fill(0, buckets, buckets + bucketMask + 1);
  words[H_DIRTY_FIRST] = 0;
  words[H_DIRTY_LAST] = 0;
  words[H_PENDING_ALERTS] = 0;
  words[H_ENTRIES] = 0;
  times[H_EPISODES_DUE_MS] = 0;
  times[H_WATCH_DUE_MS] = 0;
  words.fill(0, WATCH_WORD, WATCH_WORD + WATCH_SLOTS);
  clearArena();
  recoverSources();
  fillArena();
  recoverEpisodes();
  const end = words[H_SOURCE_POOL + POOL_FRESH];
  for (let source = sourcesFrom; source < end; source += SOURCE_LINES) {
    if (isLive(source)) recoverEntries(source);
  }
  for (let source = sourcesFrom; source < end; source += SOURCE_LINES) {
    if (isLive(source) && isIdle(source)) removeSource(source);
  }
}

/** Puts the entry that a record was changing back. */
function undo(): void {
  const at = words[H_UNDO];
  if (at === 0) return;
  for (let word = 0; word < UNDO_WORDS; word++) words[at + E_META + word] = words[H_UNDO + 1 + word];
  words[H_UNDO] = 0;
}

/** Every record of a pool in use, until it is found to be free. */
function recoverPool(pool: i32, from: i32, lines: i32): void {
  words[pool + POOL_FREE] = 0;
  words[pool + POOL_USED] = (words[pool + POOL_FRESH] - from) / lines;
}

function recoverSources(): void {
  recoverPool(H_SOURCE_POOL, sourcesFrom, SOURCE_LINES);
  const end = words[H_SOURCE_POOL + POOL_FRESH];
  for (let source = sourcesFrom; source < end; source += SOURCE_LINES) {
    if (isLive(source)) recoverSource(source);
    else giveLine(H_SOURCE_POOL, source);
  }
}

function recoverEpisodes(): void {
  recoverPool(H_EPISODE_POOL, episodesFrom, EPISODE_LINES);
  const end = words[H_EPISODE_POOL + POOL_FRESH];
  for (let episode = episodesFrom; episode < end; episode += EPISODE_LINES) {
    if (!recoverEpisode(episode)) giveLine(H_EPISODE_POOL, episode);
  }
}

function isLive(source: i32): bool {
  return (halves[(source << 5) + S_FLAGS_HALF] & SOURCE_LIVE) !== 0;
}

function recoverSource(source: i32): void {
  halves[(source << 5) + S_FLAGS_HALF] &= ~SOURCE_WATCHED;
  // It may come from a file, written under another policy.
  limits.lookUpOverride(source);
  words[(source << 4) + S_EPISODE] = 0;
  const block = words[(source << 4) + S_BLOCK];
  if (block !== 0) claimBlock(block & ~ORDER_BITS, source);
  chainSource(source);
}

function recoverEpisode(episode: i32): bool {
  const at = episode << 4;
  const source = words[at + P_SOURCE];
  if (words[at + P_STATE] === STATE_OPEN) {
    // Its end is raised before it is ended, its start after it is open, and its source is freed last.
    const isGone = !isLive(source);
    if ((words[at + P_PENDING] & PENDING_END) !== 0 || isGone) words[at + P_STATE] = STATE_ENDED;
    else words[(source << 4) + S_EPISODE] = episode;
    if (words[at + P_PENDING] === 0 && words[at + P_REVISION] === 0) words[at + P_PENDING] = PENDING_START | RAISING;
  } else if (words[at + P_STATE] !== STATE_ENDED) {
    words[at + P_PENDING] = 0;
  }
  if (words[at + P_PENDING] !== 0) words[H_PENDING_ALERTS]++;
  // An ended episode with nothing to tell was just taken.
  return words[at + P_STATE] === STATE_OPEN || words[at + P_PENDING] !== 0;
}

/** Where an entry stands follows from its time and the clock up to which the source was brought. */
function recoverEntries(source: i32): void {
  const half = source << 5;
  halves[half + S_NEWEST_HALF] = 0;
  halves[half + S_EDGE_HALF] = 0;
  halves[half + S_ABORTED_HALF] = 0;
  halves[half + S_FAILED_HALF] = 0;
  halves[half + S_SLOW_HALF] = 0;
  halves[half + S_ENTRIES_HALF] = 0;
  halves[half + S_DIRTY_HALF] = 0;
  halves[half + S_NOVEL_HALF] = 0;
  halves[half + S_HABITUAL_HALF] = 0;
  halves[half + S_BROKEN_HALF] = 0;
  const clockMs = times[(source << 3) + S_CLOCK_TIME];
  let live = 0;
  for (let slot = capacityOf(source); slot > 0; slot--) {
    const at = entryAt(source, slot);
    halves[(at << 1) + E_HEAD_HALF] = 0;
    // A record that came to its end counted a connection.
    if (halves[(at << 1) + E_CONNECTIONS_HALF] === 0) words[at + E_META] = 0;
    // Times first, then slots: a number holds both, exactly.
    if (words[at + E_META] & META_LIVE) times[SORT_TIME + live++] = slot - ageOf(at, clockMs) * SLOTS;
  }
  sort(live);
  // Whatever is due is found when its clock moves.
  times[(source << 3) + S_DUE_TIME] = 0;
  times[(source << 3) + S_WATCH_TIME] = 0;
  for (let i = 0; i < live; i++) {
    const number = times[SORT_TIME + i];
    recoverEntry(source, (number - Math.floor((number - 1) / SLOTS) * SLOTS) as i32, clockMs);
  }
  freeSlots(source);
}

/** Entries come in rising order of time, so each is the newest of its source so far. */
function recoverEntry(source: i32, slot: i32, clockMs: f64): void {
  const half = source << 5;
  const at = entryAt(source, slot);
  const inWindow = ageOf(at, clockMs) < limits.windowMs;
  const edge = halves[half + S_EDGE_HALF];
  link(source, slot);
  if (!inWindow) halves[half + S_EDGE_HALF] = 0;
  else if (edge === 0) halves[half + S_EDGE_HALF] = slot;
  chainSlot(source, slot);
  halves[half + S_ENTRIES_HALF]++;
  words[H_ENTRIES]++;
  let meta = words[at + E_META];
  // It was about to leave the window, and will again.
  if (inWindow) meta = (meta | META_IN_WINDOW) & ~META_EXPIRED;
  else meta &= ~(META_IN_WINDOW | META_NOVEL);
  const slow = classOf(meta) === ABORTED && (meta & (META_HABITUAL | META_BROKEN | META_EXPIRED)) === 0;
  meta = slow ? meta | META_IN_SLOW : meta & ~META_IN_SLOW;
  if (halves[(at << 1) + E_UNTOLD_HALF] === 0) meta &= ~META_TELLING;
  words[at + E_META] = meta;
  if (meta & META_IN_WINDOW) count(source, meta, 1);
  if (meta & META_IN_SLOW) halves[half + S_SLOW_HALF]++;
  if (meta & META_HABITUAL) halves[half + S_HABITUAL_HALF]++;
  if (meta & (META_PROBATION | META_BROKEN)) watchSource(source);
  if (halves[(at << 1) + E_UNTOLD_HALF] !== 0 && ++halves[half + S_DIRTY_HALF] === 1) queueSource(source);
}
