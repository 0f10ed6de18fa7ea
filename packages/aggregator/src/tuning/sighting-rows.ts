import { isIpv4, writeIpv4 } from '@connscan/model';
import { createCopyReader } from './copy-reader.ts';

/**
 * Sightings in memory that threads share, six words each, so that one is in a line or two of the cache: source, destination, what
 * it says (see copy-reader.ts), a number that stands for the agent that told it, and its time in milliseconds as a double. Of
 * one that is not between IPv4 addresses the source is a place in `wide`, which has both addresses in eight words.
 */
export type SightingRows = {
  readonly count: number;
  readonly words: Int32Array;
  readonly wide: Int32Array;
  /** They lie in the order of their buckets, those of one in the order of reading. All of a source are in one bucket. */
  readonly bucketEnds: Int32Array;
};

export const ROW_WORDS = 6;
export const DESTINATION = 1;
export const KIND = 2;
export const SENSOR = 3;

/** Of words as doubles. */
export const ROW_DOUBLES = 3;
export const TIME = 2;

/** Beside port and outcome. */
export const WIDE = 1 << 24;

/** Of ten million sightings a bucket has 240 kB: what sorts it by source stays in the cache. With 256 buckets it took half as long again. */
export const BUCKETS = 1024;

/** Collects what a binary COPY of sightings says, however its bytes are cut. */
export type RowsWriter = { write(chunk: Uint8Array): void; rows(): SightingRows };

/** `expected` rows, about: they have room at once. */
export function createRowsWriter(expected: number): RowsWriter {
  let room = Math.max(1024, expected);
  let words = new Int32Array(room * ROW_WORDS);
  let doubles = new Float64Array(words.buffer);
  let buckets = new Uint16Array(room);
  let wide = new Int32Array(0);
  let count = 0;
  let wideCount = 0;

  function grow(): void {
    room *= 2;
    words = enlarged(words, room * ROW_WORDS);
    doubles = new Float64Array(words.buffer);
    const more = new Uint16Array(room);
    more.set(buckets);
    buckets = more;
  }

  const reader = createCopyReader((addresses, kind, atMs, sensor) => {
    if (count === room) grow();
    const at = count * ROW_WORDS;
    if (isIpv4(addresses, 0) && isIpv4(addresses, 4)) {
      words[at] = addresses[3]!;
      words[at + DESTINATION] = addresses[7]!;
      words[at + KIND] = kind;
    } else {
      if (wideCount * 8 === wide.length) wide = enlarged(wide, Math.max(1024, 2 * wide.length));
      wide.set(addresses, wideCount * 8);
      words[at] = wideCount++;
      words[at + KIND] = kind | WIDE;
    }
    words[at + SENSOR] = sensor;
    doubles[count * ROW_DOUBLES + TIME] = atMs;
    buckets[count++] = bucketOf(addresses);
  });

  function rows(): SightingRows {
    const bucketEnds = new Int32Array(BUCKETS);
    for (let row = 0; row < count; row++) bucketEnds[buckets[row]!]!++;
    for (let bucket = 1; bucket < BUCKETS; bucket++) bucketEnds[bucket]! += bucketEnds[bucket - 1]!;
    const sorted = new Int32Array(new SharedArrayBuffer(count * ROW_WORDS * 4));
    const next = Int32Array.from(bucketEnds);
    // From the last one on, so that those of a bucket stay in order.
    for (let row = count - 1; row >= 0; row--) {
      const to = --next[buckets[row]!]! * ROW_WORDS;
      const from = row * ROW_WORDS;
      for (let word = 0; word < ROW_WORDS; word++) sorted[to + word] = words[from + word]!;
    }
    const sharedWide = new Int32Array(new SharedArrayBuffer(wideCount * 8 * 4));
    sharedWide.set(wide.subarray(0, wideCount * 8));
    return { count, words: sorted, wide: sharedWide, bucketEnds };
  }

  return { write: reader.write, rows };
}

/** Puts the addresses of a row into eight words, as `Detector.add` takes them, from a place on. */
export function readAddresses(
  { words, wide }: Pick<SightingRows, 'words' | 'wide'>,
  row: number,
  into: Int32Array,
  at: number,
): void {
  const from = row * ROW_WORDS;
  if (words[from + KIND]! & WIDE) {
    const place = words[from]! * 8;
    for (let word = 0; word < 8; word++) into[at + word] = wide[place + word]!;
    return;
  }
  writeIpv4(into, at, words[from]!);
  writeIpv4(into, at + 4, words[from + DESTINATION]!);
}

/** The end of MurmurHash3, as neighbours in a network are often of one kind. All addresses of an IPv6 /64 are in one bucket. */
function bucketOf(words: Int32Array): number {
  const number = isIpv4(words, 0) ? words[3]! : words[0]! ^ words[1]!;
  let hash = Math.imul(number ^ (number >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % BUCKETS;
}

/** A longer array that begins with these words. */
export function enlarged(words: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(words);
  return larger;
}
