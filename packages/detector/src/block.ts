import { giveBlock, takeBlock } from './arena.ts';
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
} from './layout.ts';
import type { Shard } from './shard.ts';

/**
 * The entries of a source lie together in one block, so that a record touches few cache lines: a small block is looked
 * through, a larger one is a hash table whose chains begin in the slots themselves.
 */

/** log2 of the words of an entry of this source. */
export function shiftOf({ halves }: Shard, source: number): number {
  return halves[(source << 5) + S_FLAGS_HALF]! & SOURCE_WIDE ? 4 : 3;
}

/** The first word of the entry in a slot. */
export function entryAt(shard: Shard, source: number, slot: number): number {
  const block = shard.words[(source << 4) + S_BLOCK]!;
  return (block & ~ORDER_BITS) + ((slot - 1) << shiftOf(shard, source));
}

/** Slots of the block of a source. */
export function capacityOf(shard: Shard, source: number): number {
  const block = shard.words[(source << 4) + S_BLOCK]!;
  return block === 0 ? 0 : capacityAt(shard, source, block & ORDER_BITS);
}

function capacityAt(shard: Shard, source: number, order: number): number {
  return (16 << order) >> shiftOf(shard, source);
}

/** The slot of the entry with this address (four signed words) and key (port, class), 0 if there is none. */
export function findSlot(
  shard: Shard,
  source: number,
  a: number,
  b: number,
  c: number,
  d: number,
  key: number,
): number {
  const { words, halves } = shard;
  const block = words[(source << 4) + S_BLOCK]!;
  if (block === 0) return 0;
  const wide = (halves[(source << 5) + S_FLAGS_HALF]! & SOURCE_WIDE) !== 0;
  const shift = wide ? 4 : 3;
  const from = block & ~ORDER_BITS;
  const capacity = (16 << (block & ORDER_BITS)) >> shift;
  const live = key | META_LIVE;
  if (capacity <= FEW_SLOTS) {
    for (let slot = 1, at = from; slot <= capacity; slot++, at += 1 << shift) {
      if (
        words[at] === d &&
        (words[at + E_META]! & META_KEY) === live &&
        (!wide || isWideAddress(words, at, a, b, c))
      ) {
        return slot;
      }
    }
    return 0;
  }
  const bucket = bucketOf(shard, wide, a, b, c, d, key, capacity);
  let slot = halves[((from + (bucket << shift)) << 1) + E_HEAD_HALF]!;
  while (slot !== 0) {
    const at = from + ((slot - 1) << shift);
    if (words[at] === d && (words[at + E_META]! & META_KEY) === live && (!wide || isWideAddress(words, at, a, b, c))) {
      return slot;
    }
    slot = halves[(at << 1) + E_CHAIN_HALF]!;
  }
  return 0;
}

function isWideAddress(words: Int32Array, at: number, a: number, b: number, c: number): boolean {
  return (
    words[at + E_WIDE_ADDRESS] === a && words[at + E_WIDE_ADDRESS + 1] === b && words[at + E_WIDE_ADDRESS + 2] === c
  );
}

/**
 * Multiplications by secret odd numbers, with the upper bits mixed down in between: a sum of products alone would keep
 * differences in the top bits in the top bits, whatever the key, and 1,024 chosen IPv6 destinations shared eight chains. It
 * is half the work of HalfSipHash, and what is left to win by an attack is one chain of 1,024 entries.
 */
function bucketOf(
  { key0, key1 }: Shard,
  wide: boolean,
  a: number,
  b: number,
  c: number,
  d: number,
  key: number,
  capacity: number,
): number {
  let hash = mix(d ^ key0, key1);
  if (wide) hash = mix(mix(mix(hash ^ a, key0) ^ b, key1) ^ c, key0);
  return Math.imul(mix(hash ^ key, key0), key1 | 1) >>> Math.clz32(capacity - 1);
}

function mix(word: number, key: number): number {
  const product = Math.imul(word, key | 1);
  return product ^ (product >>> 15);
}

/** Whether a further entry needs a larger block. */
export function isFull({ halves }: Shard, source: number): boolean {
  return halves[(source << 5) + S_FREE_HALF] === 0;
}

/**
 * Adds an entry, in no list yet and all zero but its address and `meta`; the block must not be full. Returns its slot.
 */
export function addSlot(
  shard: Shard,
  source: number,
  a: number,
  b: number,
  c: number,
  d: number,
  meta: number,
): number {
  const { words, halves } = shard;
  const slot = halves[(source << 5) + S_FREE_HALF]!;
  const at = entryAt(shard, source, slot);
  halves[(source << 5) + S_FREE_HALF] = halves[(at << 1) + E_CHAIN_HALF]!;
  words[at] = d;
  for (let word = 2; word < 6; word++) words[at + word] = 0;
  if (shiftOf(shard, source) === 4) {
    words[at + E_WIDE_ADDRESS] = a;
    words[at + E_WIDE_ADDRESS + 1] = b;
    words[at + E_WIDE_ADDRESS + 2] = c;
  }
  words[at + E_META] = meta | META_LIVE;
  halves[(source << 5) + S_ENTRIES_HALF]!++;
  words[H_ENTRIES]!++;
  chainSlot(shard, source, slot);
  return slot;
}

/** Forgets an entry that is in no list any more. */
export function removeSlot(shard: Shard, source: number, slot: number): void {
  const { words, halves } = shard;
  const at = entryAt(shard, source, slot);
  unchainSlot(shard, source, slot);
  words[at + E_META] = 0;
  halves[(at << 1) + E_CHAIN_HALF] = halves[(source << 5) + S_FREE_HALF]!;
  halves[(source << 5) + S_FREE_HALF] = slot;
  halves[(source << 5) + S_ENTRIES_HALF]!--;
  words[H_ENTRIES]!--;
}

function headOf(shard: Shard, source: number, at: number): number {
  const { words } = shard;
  const wide = shiftOf(shard, source) === 4;
  const [a, b, c] = wide
    ? [words[at + E_WIDE_ADDRESS]!, words[at + E_WIDE_ADDRESS + 1]!, words[at + E_WIDE_ADDRESS + 2]!]
    : [0, 0, 0];
  const key = words[at + E_META]! & META_KEY & ~META_LIVE;
  const bucket = bucketOf(shard, wide, a, b, c, words[at]!, key, capacityOf(shard, source));
  return (entryAt(shard, source, bucket + 1) << 1) + E_HEAD_HALF;
}

/** Puts an entry into the chain of its bucket. */
export function chainSlot(shard: Shard, source: number, slot: number): void {
  if (capacityOf(shard, source) <= FEW_SLOTS) return;
  const { halves } = shard;
  const at = entryAt(shard, source, slot);
  const head = headOf(shard, source, at);
  halves[(at << 1) + E_CHAIN_HALF] = halves[head]!;
  halves[head] = slot;
}

function unchainSlot(shard: Shard, source: number, slot: number): void {
  if (capacityOf(shard, source) <= FEW_SLOTS) return;
  const { halves } = shard;
  const at = entryAt(shard, source, slot);
  let link = headOf(shard, source, at);
  while (halves[link] !== slot) link = (entryAt(shard, source, halves[link]!) << 1) + E_CHAIN_HALF;
  halves[link] = halves[(at << 1) + E_CHAIN_HALF]!;
}

/** Makes every dead slot of a block free. */
export function freeSlots(shard: Shard, source: number): void {
  const { words, halves } = shard;
  let next = 0;
  for (let slot = capacityOf(shard, source); slot > 0; slot--) {
    const at = entryAt(shard, source, slot);
    if (words[at + E_META]! & META_LIVE) continue;
    halves[(at << 1) + E_CHAIN_HALF] = next;
    next = slot;
  }
  halves[(source << 5) + S_FREE_HALF] = next;
}

/**
 * Moves the entries of a source into a block of another order, in the order of their times; false if none is free.
 * The old block stays whole until the new one is, so that a worker's death leaves one of them.
 */
export function moveBlock(shard: Shard, source: number, order: number): boolean {
  const { words, halves } = shard;
  const to = takeBlock(shard, order, source);
  if (to === 0) return false;
  const shift = shiftOf(shard, source);
  const block = words[(source << 4) + S_BLOCK]!;
  const half = source << 5;
  const entries = halves[half + S_ENTRIES_HALF]!;
  const edge = halves[half + S_EDGE_HALF]!;
  let newEdge = 0;
  let slot = halves[half + S_NEWEST_HALF]!;
  for (let copied = 1; copied <= entries; copied++) {
    const at = entryAt(shard, source, slot);
    // The newest last: from its newer one on, around the ring.
    slot = halves[(at << 1) + E_NEWER_HALF]!;
    const from = entryAt(shard, source, slot);
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
  for (let copied = 1; copied <= entries; copied++) chainSlot(shard, source, copied);
  freeSlots(shard, source);
  if (block !== 0) giveBlock(shard, block & ~ORDER_BITS, block & ORDER_BITS);
  return true;
}
