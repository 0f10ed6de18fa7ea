import {
  BUCKETS,
  DESTINATION,
  isIpv4,
  KIND,
  ROW_DOUBLES,
  ROW_WORDS,
  readAddresses,
  SENSOR,
  type SightingRows,
  TIME,
  WIDE,
  writeIpv4,
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
  /** One of so many shares of the sources. */
  readonly part: number;
  readonly parts: number;
  /** Shown one source after the other; what it is shown is good until it returns. */
  readonly onSource: (sightings: SourceSightings) => void;
  /** So much of the share is done. */
  readonly onProgress: (share: number) => void;
};

/** The rows of one bucket: the stretch and the place in it of each, and the number of its source. */
type Bucket = { readonly stretches: Int32Array; readonly rows: Int32Array; readonly groups: Int32Array };

/**
 * A bucket after the other is sorted by source, and what is of one source is put together when its turn comes: so each sighting
 * comes from memory once, and all policies find it in the cache.
 */
export function groupSightings({ stretches, part, parts, onSource, onProgress }: GroupOptions): void {
  const gather = createGather(stretches);
  let bucket = bucketFor(1024);
  for (let number = part; number < BUCKETS; number += parts) {
    const count = stretches.reduce((sum, { bucketEnds: ends }) => sum + ends[number]! - (ends[number - 1] ?? 0), 0);
    if (count > bucket.rows.length) bucket = bucketFor(2 * count);
    const next = Int32Array.from(groupRows(stretches, number, bucket));
    for (let group = 1; group < next.length; group++) next[group]! += next[group - 1]!;
    const ends = Int32Array.from(next);
    const sorted = new Int32Array(count);
    // From the last one on, so that those of a source stay in order.
    for (let n = count - 1; n >= 0; n--) sorted[--next[bucket.groups[n]!]!] = n;
    for (let group = 0, from = 0; group < ends.length; from = ends[group]!, group++) {
      onSource(gather(bucket, sorted.subarray(from, ends[group])));
    }
    onProgress(Math.min(1, (number + parts - part) / BUCKETS));
  }
}

function bucketFor(room: number): Bucket {
  return { stretches: new Int32Array(room), rows: new Int32Array(room), groups: new Int32Array(room) };
}

/** Puts all rows of a bucket into it and numbers their sources; how many rows each source has. */
function groupRows(stretches: readonly SightingRows[], number: number, bucket: Bucket): number[] {
  /** By their only word for IPv4, by the first and then the second one for IPv6. */
  const ipv4 = new Map<number, number>();
  const ipv6 = new Map<number, Map<number, number>>();
  const counts: number[] = [];
  const addresses = new Int32Array(8);
  let n = 0;
  for (const [index, stretch] of stretches.entries()) {
    const { words, bucketEnds } = stretch;
    for (let row = bucketEnds[number - 1] ?? 0; row < bucketEnds[number]!; row++, n++) {
      const isWide = (words[row * ROW_WORDS + KIND]! & WIDE) !== 0;
      const group = isWide ? wideGroup(stretch, row) : numberIn(ipv4, words[row * ROW_WORDS]!);
      bucket.stretches[n] = index;
      bucket.rows[n] = row;
      bucket.groups[n] = group;
      counts[group]!++;
    }
  }
  return counts;

  function wideGroup(stretch: SightingRows, row: number): number {
    readAddresses(stretch, row, addresses, 0);
    if (isIpv4(addresses, 0)) return numberIn(ipv4, addresses[3]!);
    const prefixes = ipv6.get(addresses[0]!) ?? new Map<number, number>();
    ipv6.set(addresses[0]!, prefixes);
    return numberIn(prefixes, addresses[1]!);
  }

  function numberIn(known: Map<number, number>, key: number): number {
    const group = known.get(key);
    if (group !== undefined) return group;
    known.set(key, counts.length);
    return counts.push(0) - 1;
  }
}

/** Puts rows together in the order of time; of one millisecond, in the order of what they say. */
function createGather(stretches: readonly SightingRows[]): (bucket: Bucket, chosen: Int32Array) => SourceSightings {
  const words = stretches.map((stretch) => stretch.words);
  const doubles = words.map(({ buffer }) => new Float64Array(buffer));
  let rows = roomFor(1024);
  let spare = roomFor(1024);

  return (bucket, chosen) => {
    const count = chosen.length;
    if (count > rows.times.length) {
      rows = roomFor(2 * count);
      spare = roomFor(2 * count);
    }
    const timeOf = (place: number) => doubles[bucket.stretches[place]!]![bucket.rows[place]! * ROW_DOUBLES + TIME]!;
    sortByMillisecond(chosen, timeOf);
    for (let n = 0; n < count; n++) {
      const stretch = bucket.stretches[chosen[n]!]!;
      const row = bucket.rows[chosen[n]!]!;
      const from = words[stretch]!;
      const at = row * ROW_WORDS;
      const kind = from[at + KIND]!;
      if (kind & WIDE) {
        readAddresses(stretches[stretch]!, row, rows.words, n * 8);
      } else {
        writeIpv4(rows.words, n * 8, from[at]!);
        writeIpv4(rows.words, n * 8 + 4, from[at + DESTINATION]!);
      }
      rows.ports[n] = kind & 0xffff;
      rows.outcomes[n] = (kind >> 16) & 0xff;
      rows.sensors[n] = from[at + SENSOR]!;
      rows.times[n] = doubles[stretch]![row * ROW_DOUBLES + TIME]!;
    }
    sortWithinMillisecond(rows, count, spare);
    return { ...rows, count, isWide: !isIpv4(rows.words, 0) };
  };
}

/** Numbers are sorted in a tenth of the time that a comparison takes: so by one number of the millisecond and the place among all. */
function sortByMillisecond(chosen: Int32Array, timeOf: (place: number) => number): void {
  const count = chosen.length;
  const keys = new Float64Array(count);
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  let isInOrder = true;
  for (let n = 0; n < count; n++) {
    const ms = Math.floor(timeOf(chosen[n]!));
    keys[n] = ms;
    if (ms < lastMs) isInOrder = false;
    else lastMs = ms;
    if (ms < firstMs) firstMs = ms;
  }
  if (isInOrder) return;
  if ((lastMs - firstMs + 1) * count > Number.MAX_SAFE_INTEGER) {
    chosen.sort((one, other) => Math.floor(timeOf(one)) - Math.floor(timeOf(other)));
    return;
  }
  for (let n = 0; n < count; n++) keys[n] = (keys[n]! - firstMs) * count + n;
  keys.sort();
  const before = chosen.slice();
  // A remainder of doubles would be a call for each row.
  for (let n = 0; n < count; n++) chosen[n] = before[keys[n]! - Math.floor(keys[n]! / count) * count]!;
}

function sortWithinMillisecond(rows: Rows, count: number, spare: Rows): void {
  const { times } = rows;
  for (let from = 0; from < count; ) {
    const ms = Math.floor(times[from]!);
    let end = from + 1;
    let isInOrder = true;
    for (; end < count && Math.floor(times[end]!) === ms; end++) {
      if (compare(rows, end - 1, end) > 0) isInOrder = false;
    }
    if (!isInOrder) {
      const order = Array.from({ length: end - from }, (_, n) => from + n);
      order.sort((one, other) => compare(rows, one, other));
      for (const [n, row] of order.entries()) copy(rows, row, spare, n);
      for (let n = 0; n < order.length; n++) copy(spare, n, rows, from + n);
    }
    from = end;
  }
}

type Rows = Omit<SourceSightings, 'count' | 'isWide'>;

function roomFor(count: number): Rows {
  return {
    words: new Int32Array(count * 8),
    ports: new Int32Array(count),
    outcomes: new Int32Array(count),
    sensors: new Int32Array(count),
    times: new Float64Array(count),
  };
}

function compare({ times, words, outcomes, ports, sensors }: Rows, one: number, other: number): number {
  if (times[one] !== times[other]) return times[one]! - times[other]!;
  for (let word = 0; word < 8; word++) {
    const difference = words[one * 8 + word]! - words[other * 8 + word]!;
    if (difference !== 0) return difference;
  }
  return outcomes[one]! - outcomes[other]! || ports[one]! - ports[other]! || sensors[one]! - sensors[other]!;
}

function copy(from: Rows, row: number, to: Rows, place: number): void {
  for (let word = 0; word < 8; word++) to.words[place * 8 + word] = from.words[row * 8 + word]!;
  to.ports[place] = from.ports[row]!;
  to.outcomes[place] = from.outcomes[row]!;
  to.sensors[place] = from.sensors[row]!;
  to.times[place] = from.times[row]!;
}
