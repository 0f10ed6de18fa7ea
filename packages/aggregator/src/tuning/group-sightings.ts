import { isIpv4, writeIpv4 } from '@connscan/model';
import {
  BUCKETS,
  DESTINATION,
  enlarged,
  KIND,
  ROW_DOUBLES,
  ROW_WORDS,
  readAddresses,
  SENSOR,
  type SightingRows,
  TIME,
  WIDE,
} from './sighting-rows.ts';

/** All sightings of one source in the order of time, or of all addresses of an IPv6 /64, which count together too. */
export type SourceSightings = {
  readonly count: number;
  /** Whether the source is one of IPv6. */
  readonly isWide: boolean;
  /** Eight words of each: source and destination. */
  readonly words: Int32Array;
  readonly ports: Int32Array;
  readonly outcomes: Int32Array;
  readonly times: Float64Array;
  readonly sensors: Int32Array;
};

export type GroupOptions = {
  /** In the order of time. */
  readonly stretches: readonly SightingRows[];
  /** A bucket that nobody else has; beyond the last one when there is none left. */
  readonly takeBucket: () => number;
  /** Shown one source after the other; what it is shown is good until it returns. */
  readonly onSource: (sightings: SourceSightings) => void;
  /** So much of all buckets is done, by whoever took them. */
  readonly onProgress: (share: number) => void;
};

/** The rows of one bucket as SightingRows has them, one behind the other, and the number of the source of each. */
type Bucket = {
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly groups: Int32Array;
  /** Grows when it has to: in most networks nearly all is IPv4. */
  wide: Int32Array;
};

/**
 * A bucket after the other is sorted by source, and what is of one source is put together when its turn comes: so each sighting
 * comes from memory once, and all policies find it in the cache.
 */
export function groupSightings({ stretches, takeBucket, onSource, onProgress }: GroupOptions): void {
  const gather = createGather();
  let bucket = bucketFor(1024);
  for (let number = takeBucket(); number < BUCKETS; number = takeBucket()) {
    const count = stretches.reduce((sum, { bucketEnds: ends }) => sum + ends[number]! - (ends[number - 1] ?? 0), 0);
    if (count > bucket.groups.length) bucket = bucketFor(roomOver(count));
    const next = Int32Array.from(fillBucket(bucket, stretches, number));
    for (let group = 1; group < next.length; group++) next[group]! += next[group - 1]!;
    const ends = Int32Array.from(next);
    const sorted = new Int32Array(count);
    // From the last one on, so that those of a source stay in order.
    for (let row = count - 1; row >= 0; row--) sorted[--next[bucket.groups[row]!]!] = row;
    for (let group = 0, from = 0; group < ends.length; from = ends[group]!, group++) {
      onSource(gather(bucket, sorted.subarray(from, ends[group])));
    }
    onProgress((number + 1) / BUCKETS);
  }
}

function bucketFor(room: number): Bucket {
  const words = new Int32Array(room * ROW_WORDS);
  const doubles = new Float64Array(words.buffer);
  return { words, doubles, groups: new Int32Array(room), wide: new Int32Array(1024) };
}

/** One source may have most of the history, and a row takes 80 bytes here: so there is little room to spare. */
function roomOver(count: number): number {
  return count + (count >> 2);
}

/** Copies all rows of a bucket and numbers their sources; how many rows each source has. */
function fillBucket(bucket: Bucket, stretches: readonly SightingRows[], number: number): number[] {
  const { words, groups } = bucket;
  /** By their only word for IPv4, by the first and then the second one for IPv6. */
  const ipv4 = new Map<number, number>();
  const ipv6 = new Map<number, Map<number, number>>();
  const counts: number[] = [];
  let row = 0;
  let wideRows = 0;
  for (const stretch of stretches) {
    const [from, end] = [stretch.bucketEnds[number - 1] ?? 0, stretch.bucketEnds[number]!];
    words.set(stretch.words.subarray(from * ROW_WORDS, end * ROW_WORDS), row * ROW_WORDS);
    for (const last = row + end - from; row < last; row++) {
      const isWide = (words[row * ROW_WORDS + KIND]! & WIDE) !== 0;
      const group = isWide ? wideGroup(stretch) : numberIn(ipv4, words[row * ROW_WORDS]!);
      groups[row] = group;
      counts[group]!++;
    }
  }
  return counts;

  /** Of the row at work, whose addresses come into the bucket too. */
  function wideGroup({ wide: from }: SightingRows): number {
    const place = words[row * ROW_WORDS]! * 8;
    const to = wideRows * 8;
    if (to === bucket.wide.length) bucket.wide = enlarged(bucket.wide, roomOver(wideRows) * 8);
    const { wide } = bucket;
    wide.set(from.subarray(place, place + 8), to);
    words[row * ROW_WORDS] = wideRows++;
    if (isIpv4(wide, to)) return numberIn(ipv4, wide[to + 3]!);
    const prefixes = ipv6.get(wide[to]!) ?? new Map<number, number>();
    ipv6.set(wide[to]!, prefixes);
    return numberIn(prefixes, wide[to + 1]!);
  }

  function numberIn(known: Map<number, number>, key: number): number {
    const group = known.get(key);
    if (group !== undefined) return group;
    known.set(key, counts.length);
    return counts.push(0) - 1;
  }
}

/** Puts rows together in the order of time; of one millisecond, in the order of what they say. */
function createGather(): (bucket: Bucket, chosen: Int32Array) => SourceSightings {
  let rows = roomFor(1024);

  return (bucket, chosen) => {
    const { words, doubles } = bucket;
    const count = chosen.length;
    if (count > rows.times.length) rows = roomFor(roomOver(count));
    sortByMillisecond(chosen, doubles);
    sortWithinMillisecond(chosen, bucket);
    for (let n = 0; n < count; n++) {
      const row = chosen[n]!;
      const at = row * ROW_WORDS;
      const kind = words[at + KIND]!;
      if (kind & WIDE) {
        readAddresses(bucket, row, rows.words, n * 8);
      } else {
        writeIpv4(rows.words, n * 8, words[at]!);
        writeIpv4(rows.words, n * 8 + 4, words[at + DESTINATION]!);
      }
      rows.ports[n] = kind & 0xffff;
      rows.outcomes[n] = (kind >> 16) & 0xff;
      rows.sensors[n] = words[at + SENSOR]!;
      rows.times[n] = doubles[row * ROW_DOUBLES + TIME]!;
    }
    return { ...rows, count, isWide: !isIpv4(rows.words, 0) };
  };
}

function roomFor(count: number): Omit<SourceSightings, 'count' | 'isWide'> {
  return {
    words: new Int32Array(count * 8),
    ports: new Int32Array(count),
    outcomes: new Int32Array(count),
    sensors: new Int32Array(count),
    times: new Float64Array(count),
  };
}

/** Numbers are sorted in a tenth of the time that a comparison takes: so by one number of the millisecond and the place among all. */
function sortByMillisecond(chosen: Int32Array, doubles: Float64Array): void {
  const count = chosen.length;
  const keys = new Float64Array(count);
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  let isInOrder = true;
  for (let n = 0; n < count; n++) {
    const ms = Math.floor(doubles[chosen[n]! * ROW_DOUBLES + TIME]!);
    keys[n] = ms;
    if (ms < lastMs) isInOrder = false;
    else lastMs = ms;
    if (ms < firstMs) firstMs = ms;
  }
  if (isInOrder || insertInOrder(keys, chosen)) return;
  const before = chosen.slice();
  if ((lastMs - firstMs + 1) * count > Number.MAX_SAFE_INTEGER) {
    const order = Array.from(chosen.keys()).sort((one, other) => keys[one]! - keys[other]!);
    for (let n = 0; n < count; n++) chosen[n] = before[order[n]!]!;
    return;
  }
  for (let n = 0; n < count; n++) keys[n] = (keys[n]! - firstMs) * count + n;
  keys.sort();
  // A remainder of doubles would be a call for each row.
  for (let n = 0; n < count; n++) chosen[n] = before[keys[n]! - Math.floor(keys[n]! / count) * count]!;
}

/** So many places for each row at most. */
const MOST_MOVES = 8;

/** Puts late rows where they belong, as few are and by little. False where that would take long: then some are out of order still. */
function insertInOrder(keys: Float64Array, chosen: Int32Array): boolean {
  let left = MOST_MOVES * chosen.length;
  for (let n = 1; n < chosen.length; n++) {
    const [key, row] = [keys[n]!, chosen[n]!];
    let place = n;
    for (; place > 0 && keys[place - 1]! > key; place--) {
      keys[place] = keys[place - 1]!;
      chosen[place] = chosen[place - 1]!;
    }
    keys[place] = key;
    chosen[place] = row;
    left -= n - place;
    if (left < 0) return false;
  }
  return true;
}

function sortWithinMillisecond(chosen: Int32Array, bucket: Bucket): void {
  const timeOf = (n: number) => bucket.doubles[chosen[n]! * ROW_DOUBLES + TIME]!;
  for (let from = 0; from < chosen.length; ) {
    const endMs = Math.floor(timeOf(from)) + 1;
    let end = from + 1;
    while (end < chosen.length && timeOf(end) < endMs) end++;
    if (end - from > 1) chosen.subarray(from, end).sort((one, other) => compare(bucket, one, other));
    from = end;
  }
}

/** By time and addresses, the wide ones behind the others; then by outcome, port and sensor. */
function compare({ words, wide, doubles }: Bucket, one: number, other: number): number {
  const [a, b] = [one * ROW_WORDS, other * ROW_WORDS];
  const [kind, otherKind] = [words[a + KIND]!, words[b + KIND]!];
  const later = doubles[one * ROW_DOUBLES + TIME]! - doubles[other * ROW_DOUBLES + TIME]!;
  if (later !== 0) return later;
  if ((kind & WIDE) !== (otherKind & WIDE)) return (kind & WIDE) - (otherKind & WIDE);
  // The source of two that are not wide is the same.
  if ((kind & WIDE) === 0 && words[a + DESTINATION] !== words[b + DESTINATION])
    return words[a + DESTINATION]! - words[b + DESTINATION]!;
  for (let word = kind & WIDE ? 0 : 8; word < 8; word++) {
    const difference = wide[words[a]! * 8 + word]! - wide[words[b]! * 8 + word]!;
    if (difference !== 0) return difference;
  }
  return kind - otherKind || words[a + SENSOR]! - words[b + SENSOR]!;
}
