import {
  E_CHAIN_HALF,
  E_HEAD_HALF,
  E_META,
  E_NEWER_HALF,
  E_OLDER_HALF,
  E_WIDE_ADDRESS,
  FEW_SLOTS,
  H_ENTRIES,
  META_KEY,
  META_LIVE,
  ORDER_BITS,
  S_BLOCK,
  S_EDGE_HALF,
  S_ENTRIES_HALF,
  S_FLAGS_HALF,
  S_FREE_HALF,
  S_NEWEST_HALF,
  SOURCE_WIDE,
} from '../src/layout.ts';
import { giveBlock, takeBlock } from './arena.ts';
import { halves, key0, key1, words } from './tables.ts';

/**
 * The entries of a source lie together in one block, so that a record touches few cache lines: a small block is looked
 * through, a larger one is a hash table whose chains begin in the slots themselves.
 */

/** log2 of the words of an entry of this source. */
export function shiftOf(source: i32): i32 {
  return halves[(source << 5) + S_FLAGS_HALF] & SOURCE_WIDE ? 4 : 3;
}

/** The first word of the entry in a slot. */
export function entryAt(source: i32, slot: i32): i32 {
  const block = words[(source << 4) + S_BLOCK];
  return (block & ~ORDER_BITS) + ((slot - 1) << shiftOf(source));
}

/** Slots of the block of a source. */
export function capacityOf(source: i32): i32 {
  const block = words[(source << 4) + S_BLOCK];
  return block === 0 ? 0 : capacityAt(source, block & ORDER_BITS);
}

function capacityAt(source: i32, order: i32): i32 {
  return (16 << order) >> shiftOf(source);
}

/** The slot of the entry with this address (four signed words) and key (port, class), 0 if there is none. */
export function findSlot(source: i32, a: i32, b: i32, c: i32, d: i32, key: i32): i32 {
  const block = words[(source << 4) + S_BLOCK];
  if (block === 0) return 0;
  const wide = (halves[(source << 5) + S_FLAGS_HALF] & SOURCE_WIDE) !== 0;
  const shift = wide ? 4 : 3;
  const from = block & ~ORDER_BITS;
  const capacity = (16 << (block & ORDER_BITS)) >> shift;
  const live = key | META_LIVE;
  if (capacity <= FEW_SLOTS) {
    for (let slot = 1, at = from; slot <= capacity; slot++, at += 1 << shift) {
      if (words[at] === d && (words[at + E_META] & META_KEY) === live && (!wide || isWideAddress(at, a, b, c))) {
        return slot;
      }
    }
    return 0;
  }
  const bucket = bucketOf(wide, a, b, c, d, key, capacity);
  let slot = halves[((from + (bucket << shift)) << 1) + E_HEAD_HALF];
  while (slot !== 0) {
    const at = from + ((slot - 1) << shift);
    if (words[at] === d && (words[at + E_META] & META_KEY) === live && (!wide || isWideAddress(at, a, b, c))) {
      return slot;
    }
    slot = halves[(at << 1) + E_CHAIN_HALF];
  }
  return 0;
}

function isWideAddress(at: i32, a: i32, b: i32, c: i32): bool {
  return (
    words[at + E_WIDE_ADDRESS] === a && words[at + E_WIDE_ADDRESS + 1] === b && words[at + E_WIDE_ADDRESS + 2] === c
  );
}

/**
 * Multiplications by secret odd numbers, with the upper bits mixed down in between: a sum of products alone would keep
 * differences in the top bits in the top bits, whatever the key, and 1,024 chosen IPv6 destinations shared eight chains. It
 * is half the work of HalfSipHash, and what is left to win by an attack is one chain of 1,024 entries.
 */
function bucketOf(wide: bool, a: i32, b: i32, c: i32, d: i32, key: i32, capacity: i32): i32 {
  let hash = mix(d ^ key0, key1);
  if (wide) hash = mix(mix(mix(hash ^ a, key0) ^ b, key1) ^ c, key0);
  return (mix(hash ^ key, key0) * (key1 | 1)) >>> clz(capacity - 1);
}

function mix(word: i32, key: i32): i32 {
  const product = word * (key | 1);
  return product ^ (product >>> 15);
}

/** Whether a further entry needs a larger block. */
export function isFull(source: i32): bool {
  return halves[(source << 5) + S_FREE_HALF] === 0;
}

/**
 * Adds an entry, in no list yet and all zero but its address and `meta`; the block must not be full. Returns its slot.
 */
export function addSlot(source: i32, a: i32, b: i32, c: i32, d: i32, meta: i32): i32 {
  const slot = halves[(source << 5) + S_FREE_HALF];
  const at = entryAt(source, slot);
  halves[(source << 5) + S_FREE_HALF] = halves[(at << 1) + E_CHAIN_HALF];
  words[at] = d;
  for (let word = 2; word < 6; word++) words[at + word] = 0;
  if (shiftOf(source) === 4) {
    words[at + E_WIDE_ADDRESS] = a;
    words[at + E_WIDE_ADDRESS + 1] = b;
    words[at + E_WIDE_ADDRESS + 2] = c;
  }
  words[at + E_META] = meta | META_LIVE;
  halves[(source << 5) + S_ENTRIES_HALF]++;
  words[H_ENTRIES]++;
  chainSlot(source, slot);
  return slot;
}

/** Forgets an entry that is in no list any more. */
export function removeSlot(source: i32, slot: i32): void {
  const at = entryAt(source, slot);
  unchainSlot(source, slot);
  words[at + E_META] = 0;
  halves[(at << 1) + E_CHAIN_HALF] = halves[(source << 5) + S_FREE_HALF];
  halves[(source << 5) + S_FREE_HALF] = slot;
  halves[(source << 5) + S_ENTRIES_HALF]--;
  words[H_ENTRIES]--;
}

function headOf(source: i32, at: i32): i32 {
  const wide = shiftOf(source) === 4;
  const a = wide ? words[at + E_WIDE_ADDRESS] : 0;
  const b = wide ? words[at + E_WIDE_ADDRESS + 1] : 0;
  const c = wide ? words[at + E_WIDE_ADDRESS + 2] : 0;
  const key = words[at + E_META] & META_KEY & ~META_LIVE;
  const bucket = bucketOf(wide, a, b, c, words[at], key, capacityOf(source));
  return (entryAt(source, bucket + 1) << 1) + E_HEAD_HALF;
}

/** Puts an entry into the chain of its bucket. */
export function chainSlot(source: i32, slot: i32): void {
  if (capacityOf(source) <= FEW_SLOTS) return;
  const at = entryAt(source, slot);
  const head = headOf(source, at);
  halves[(at << 1) + E_CHAIN_HALF] = halves[head];
  halves[head] = slot;
}

function unchainSlot(source: i32, slot: i32): void {
  if (capacityOf(source) <= FEW_SLOTS) return;
  const at = entryAt(source, slot);
  let link = headOf(source, at);
  while (halves[link] !== slot) link = (entryAt(source, halves[link]) << 1) + E_CHAIN_HALF;
  halves[link] = halves[(at << 1) + E_CHAIN_HALF];
}

/** Makes every dead slot of a block free. */
export function freeSlots(source: i32): void {
  let next = 0;
  for (let slot = capacityOf(source); slot > 0; slot--) {
    const at = entryAt(source, slot);
    if (words[at + E_META] & META_LIVE) continue;
    halves[(at << 1) + E_CHAIN_HALF] = next;
    next = slot;
  }
  halves[(source << 5) + S_FREE_HALF] = next;
}

/**
 * Moves the entries of a source into a block of another order, in the order of their times; false if none is free.
 * The old block stays whole until the new one is, so that a worker's death leaves one of them.
 */
export function moveBlock(source: i32, order: i32): bool {
  const to = takeBlock(order, source);
  if (to === 0) return false;
  const shift = shiftOf(source);
  const block = words[(source << 4) + S_BLOCK];
  const half = source << 5;
  const entries = halves[half + S_ENTRIES_HALF];
  const edge = halves[half + S_EDGE_HALF];
  let newEdge = 0;
  let slot = halves[half + S_NEWEST_HALF];
  for (let copied = 1; copied <= entries; copied++) {
    const at = entryAt(source, slot);
    // The newest last: from its newer one on, around the ring.
    slot = halves[(at << 1) + E_NEWER_HALF];
    const from = entryAt(source, slot);
    const copy = to + ((copied - 1) << shift);
    words.copyWithin(copy, from, from + (1 << shift));
    if (slot === edge) newEdge = copied;
    halves[(copy << 1) + E_HEAD_HALF] = 0;
    halves[(copy << 1) + E_NEWER_HALF] = copied === entries ? 1 : copied + 1;
    halves[(copy << 1) + E_OLDER_HALF] = copied === 1 ? entries : copied - 1;
  }
  words[(source << 4) + S_BLOCK] = to | order;
  halves[half + S_NEWEST_HALF] = entries;
  halves[half + S_EDGE_HALF] = newEdge;
  for (let copied = 1; copied <= entries; copied++) chainSlot(source, copied);
  freeSlots(source);
  if (block !== 0) giveBlock(block & ~ORDER_BITS, block & ORDER_BITS);
  return true;
}
