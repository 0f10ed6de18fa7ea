import { claimBlock, clearArena, fillArena } from './arena.ts';
import { chainSlot, entryAt, freeSlots, shiftOf } from './block.ts';
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
  H_PENDING_ALERTS,
  H_SOURCE_POOL,
  H_UNDO,
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
  SOURCE_LINES,
  SOURCE_LIVE,
  SOURCE_WATCHED,
  STATE_ENDED,
  STATE_OPEN,
  UNDO_WORDS,
  WATCH_SLOTS,
  WATCH_WORD,
} from './layout.ts';
import { giveLine } from './pool.ts';
import type { Shard } from './shard.ts';
import { chainSource, isIdle, queueSource, removeSource } from './source-table.ts';
import { watchSource } from './watch.ts';
import { ageOf, classOf, count, link } from './window.ts';

/**
 * Rebuilds every list, chain, count and pool of a shard from its records alone. A worker that died in the middle of an
 * operation may have left any of them half changed, and a record either whole or dead; the entry that it was changing is
 * put back to what it was. Costs one walk over the tables and a sort of the entries of each source.
 */
export function recover(shard: Shard): void {
  const { words } = shard;
  undo(shard);
  words.fill(0, shard.buckets);
  for (const word of [H_DIRTY_FIRST, H_DIRTY_LAST, H_PENDING_ALERTS, H_ENTRIES]) words[word] = 0;
  words.fill(0, WATCH_WORD, WATCH_WORD + WATCH_SLOTS);
  clearArena(shard);
  recoverPool(shard, H_SOURCE_POOL, shard.sourcesFrom, SOURCE_LINES, (source) => recoverSource(shard, source));
  fillArena(shard, (source) => words[(source << 4) + S_BLOCK]! & ORDER_BITS);
  recoverPool(shard, H_EPISODE_POOL, shard.episodesFrom, EPISODE_LINES, (episode) => recoverEpisode(shard, episode));
  eachSource(shard, (source) => recoverEntries(shard, source));
  eachSource(shard, (source) => {
    if (isIdle(shard, source)) removeSource(shard, source);
  });
}

/** Puts the entry that a record was changing back. */
function undo({ words }: Shard): void {
  const at = words[H_UNDO]!;
  if (at === 0) return;
  for (let word = 0; word < UNDO_WORDS; word++) words[at + E_META + word] = words[H_UNDO + 1 + word]!;
  words[H_UNDO] = 0;
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

function eachSource(shard: Shard, visit: (source: number) => void): void {
  const end = shard.words[H_SOURCE_POOL + POOL_FRESH]!;
  for (let source = shard.sourcesFrom; source < end; source += SOURCE_LINES) {
    if (shard.halves[(source << 5) + S_FLAGS_HALF]! & SOURCE_LIVE) visit(source);
  }
}

function recoverSource(shard: Shard, source: number): boolean {
  const { words, halves } = shard;
  const half = source << 5;
  if ((halves[half + S_FLAGS_HALF]! & SOURCE_LIVE) === 0) return false;
  halves[half + S_FLAGS_HALF]! &= ~SOURCE_WATCHED;
  words[(source << 4) + S_EPISODE] = 0;
  const block = words[(source << 4) + S_BLOCK]!;
  if (block !== 0) claimBlock(shard, block & ~ORDER_BITS, source);
  chainSource(shard, source);
  return true;
}

function recoverEpisode(shard: Shard, episode: number): boolean {
  const { words, halves } = shard;
  const at = episode << 4;
  const source = words[at + P_SOURCE]!;
  if (words[at + P_STATE] === STATE_OPEN) {
    // Its end is raised before it is ended, its start after it is open, and its source is freed last.
    const isGone = (halves[(source << 5) + S_FLAGS_HALF]! & SOURCE_LIVE) === 0;
    if (words[at + P_PENDING]! & PENDING_END || isGone) words[at + P_STATE] = STATE_ENDED;
    else words[(source << 4) + S_EPISODE] = episode;
    if (words[at + P_PENDING] === 0 && words[at + P_REVISION] === 0) words[at + P_PENDING] = PENDING_START | RAISING;
  } else if (words[at + P_STATE] !== STATE_ENDED) {
    words[at + P_PENDING] = 0;
  }
  if (words[at + P_PENDING] !== 0) words[H_PENDING_ALERTS]!++;
  // An ended episode with nothing to tell was just taken.
  return words[at + P_STATE] === STATE_OPEN || words[at + P_PENDING] !== 0;
}

const COUNTS = [
  S_NEWEST_HALF,
  S_EDGE_HALF,
  S_ABORTED_HALF,
  S_FAILED_HALF,
  S_SLOW_HALF,
  S_ENTRIES_HALF,
  S_DIRTY_HALF,
  S_NOVEL_HALF,
  S_HABITUAL_HALF,
  S_BROKEN_HALF,
];

/** Where an entry stands follows from its time and the clock up to which the source was brought. */
function recoverEntries(shard: Shard, source: number): void {
  const { words, halves, times } = shard;
  for (const counted of COUNTS) halves[(source << 5) + counted] = 0;
  const block = words[(source << 4) + S_BLOCK]!;
  const capacity = block === 0 ? 0 : (16 << (block & ORDER_BITS)) >> shiftOf(shard, source);
  const clockMs = times[(source << 3) + S_CLOCK_TIME]!;
  const slots: number[] = [];
  for (let slot = 1; slot <= capacity; slot++) {
    const at = entryAt(shard, source, slot);
    halves[(at << 1) + E_HEAD_HALF] = 0;
    // A record that came to its end counted a connection.
    if (halves[(at << 1) + E_CONNECTIONS_HALF] === 0) words[at + E_META] = 0;
    if (words[at + E_META]! & META_LIVE) slots.push(slot);
  }
  const age = (slot: number) => ageOf(shard, entryAt(shard, source, slot), clockMs);
  slots.sort((x, y) => age(y) - age(x));
  // Whatever is due is found when its clock moves.
  times[(source << 3) + S_DUE_TIME] = 0;
  for (const slot of slots) recoverEntry(shard, source, slot, clockMs);
  freeSlots(shard, source);
}

/** Entries come in rising order of time, so each is the newest of its source so far. */
function recoverEntry(shard: Shard, source: number, slot: number, clockMs: number): void {
  const { words, halves, limits } = shard;
  const half = source << 5;
  const at = entryAt(shard, source, slot);
  const inWindow = ageOf(shard, at, clockMs) < limits.windowMs;
  const edge = halves[half + S_EDGE_HALF]!;
  link(shard, source, slot);
  if (!inWindow) halves[half + S_EDGE_HALF] = 0;
  else if (edge === 0) halves[half + S_EDGE_HALF] = slot;
  chainSlot(shard, source, slot);
  halves[half + S_ENTRIES_HALF]!++;
  words[H_ENTRIES]!++;
  let meta = words[at + E_META]!;
  // It was about to leave the window, and will again.
  if (inWindow) meta = (meta | META_IN_WINDOW) & ~META_EXPIRED;
  else meta &= ~(META_IN_WINDOW | META_NOVEL);
  const slow = classOf(meta) === ABORTED && (meta & (META_HABITUAL | META_BROKEN | META_EXPIRED)) === 0;
  meta = slow ? meta | META_IN_SLOW : meta & ~META_IN_SLOW;
  if (halves[(at << 1) + E_UNTOLD_HALF] === 0) meta &= ~META_TELLING;
  words[at + E_META] = meta;
  if (meta & META_IN_WINDOW) count(shard, source, meta, 1);
  if (meta & META_IN_SLOW) halves[half + S_SLOW_HALF]!++;
  if (meta & META_HABITUAL) halves[half + S_HABITUAL_HALF]!++;
  if (meta & (META_PROBATION | META_BROKEN)) watchSource(shard, source);
  if (halves[(at << 1) + E_UNTOLD_HALF] !== 0 && ++halves[half + S_DIRTY_HALF]! === 1) queueSource(shard, source);
}
