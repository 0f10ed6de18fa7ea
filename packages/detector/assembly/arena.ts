import { CHAIN, H_FREE_BLOCKS, MAX_ORDER, ORDER_BITS, PREVIOUS, S_BLOCK } from '../src/layout.ts';
import { arenaFrom, arenaLines, owners, words } from './tables.ts';

/**
 * Blocks of 2^n lines, by the buddy method: a block is aligned to its size, and two free halves of a larger one become it.
 * The owner of the line that a block begins with tells what it is: the source that has it, or -1 - n of a free one. All
 * other owners are 0.
 */
/** Forgets every block, free or not. */
export function clearArena(): void {
  words.fill(0, H_FREE_BLOCKS, H_FREE_BLOCKS + MAX_ORDER + 1);
  words.fill(0, owners, owners + arenaLines);
}

/** Says that a source has a block, in an arena that was cleared and is not filled yet. */
export function claimBlock(from: i32, source: i32): void {
  words[owners + (from >> 4) - arenaFrom] = source;
}

/** Makes whatever is nobody's free blocks, as large as fit. */
export function fillArena(): void {
  for (let at = 0; at < arenaLines; ) {
    const owner = words[owners + at];
    if (owner > 0) {
      at += 1 << (words[(owner << 4) + S_BLOCK] & ORDER_BITS);
      continue;
    }
    let end = at + 1;
    while (end < arenaLines && words[owners + end] === 0) end++;
    while (at < end) {
      let order = 0;
      while (order < MAX_ORDER && startOf(at, order + 1) === at && at + (2 << order) <= end) order++;
      pushFree(at, order);
      at += 1 << order;
    }
  }
}

/** The first word of a block for `source`, all of it 0; 0 if no block of that order is free. */
export function takeBlock(order: i32, source: i32): i32 {
  let found = order;
  while (found <= MAX_ORDER && words[H_FREE_BLOCKS + found] === 0) found++;
  if (found > MAX_ORDER) return 0;
  const line = words[H_FREE_BLOCKS + found];
  const at = line - arenaFrom;
  dropFree(at, found);
  while (found > order) {
    found--;
    pushFree(at + (1 << found), found);
  }
  words[owners + at] = source;
  const from = line << 4;
  words.fill(0, from, from + (16 << order));
  return from;
}

/** Gives a block back, and its buddies with it. */
export function giveBlock(from: i32, order: i32): void {
  let at = (from >> 4) - arenaFrom;
  words[owners + at] = 0;
  while (order < MAX_ORDER) {
    const buddy = at ^ (1 << order);
    if (buddy + (1 << order) > arenaLines || words[owners + buddy] !== -1 - order) break;
    dropFree(buddy, order);
    at = min(at, buddy);
    order++;
  }
  pushFree(at, order);
}

function startOf(at: i32, order: i32): i32 {
  return (at >> order) << order;
}

function pushFree(at: i32, order: i32): void {
  const line = arenaFrom + at;
  const first = words[H_FREE_BLOCKS + order];
  words[(line << 4) + CHAIN] = first;
  words[(line << 4) + PREVIOUS] = 0;
  if (first !== 0) words[(first << 4) + PREVIOUS] = line;
  words[H_FREE_BLOCKS + order] = line;
  words[owners + at] = -1 - order;
}

function dropFree(at: i32, order: i32): void {
  const line = arenaFrom + at;
  const next = words[(line << 4) + CHAIN];
  const previous = words[(line << 4) + PREVIOUS];
  words[previous === 0 ? H_FREE_BLOCKS + order : (previous << 4) + CHAIN] = next;
  if (next !== 0) words[(next << 4) + PREVIOUS] = previous;
  words[owners + at] = 0;
}
