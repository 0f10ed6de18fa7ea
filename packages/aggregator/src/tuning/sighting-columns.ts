import { createCopyReader } from './copy-reader.ts';

/**
 * The row at work: source and destination as eight words, as `Detector.add` takes them, and a number that stands for the
 * agent that told it.
 */
export type VisitSighting = (words: Int32Array, port: number, outcome: number, atMs: number, sensor: number) => void;

/**
 * Sightings of a stretch of time in typed arrays: 24 bytes for one between IPv4 addresses and 8 to order it, however many there
 * are no object.
 */
export type SightingColumns = {
  count(): number;
  /** Takes the next bytes of a binary COPY of the columns of sightingsCopy. */
  write(chunk: Uint8Array): void;
  /** In the order of time; of one millisecond, in the order of what they say, so that it is the same each time. */
  each(visit: VisitSighting): void;
  /** Lets go all others of what there is. */
  keep(isKept: (words: Int32Array) => boolean): void;
};

/** Behind port and outcome: the addresses are among the wide ones, at the row that stands for the source. */
const WIDE = 1 << 24;
const MAPPED = 0xffff_0000 | 0;

/** A key of the order is a time and a row in the 53 bits of a double: a day has 27. */
const ROW_BITS = 26;

/** Rows of one stretch at most. */
const MOST_ROWS = 2 ** ROW_BITS;

export function createSightingColumns(): SightingColumns {
  let room = 1 << 16;
  let sources = new Int32Array(room);
  let destinations = new Int32Array(room);
  let kinds = new Int32Array(room);
  let sensors = new Int32Array(room);
  let times = new Float64Array(room);
  let wide = new Int32Array(8);
  let rows = 0;
  let wideRows = 0;
  let order: Int32Array | undefined;

  function add(words: Int32Array, port: number, outcome: number, atMs: number, sensor: number): void {
    if (rows === room) grow();
    const isWide =
      words[2] !== MAPPED ||
      words[6] !== MAPPED ||
      words[0] !== 0 ||
      words[1] !== 0 ||
      words[4] !== 0 ||
      words[5] !== 0;
    kinds[rows] = port | (outcome << 16) | (isWide ? WIDE : 0);
    sensors[rows] = sensor;
    times[rows] = atMs;
    if (isWide) {
      if (wideRows * 8 === wide.length) wide = widen(wide, Int32Array);
      wide.set(words, wideRows * 8);
      sources[rows] = wideRows++;
    } else {
      sources[rows] = words[3]!;
      destinations[rows] = words[7]!;
    }
    rows++;
  }

  function grow(): void {
    if (room === MOST_ROWS) throw new RangeError(`more than ${MOST_ROWS} sightings in one stretch of time`);
    room *= 2;
    sources = widen(sources, Int32Array);
    destinations = widen(destinations, Int32Array);
    kinds = widen(kinds, Int32Array);
    sensors = widen(sensors, Int32Array);
    times = widen(times, Float64Array);
  }

  function read(row: number, words: Int32Array): void {
    if (kinds[row]! & WIDE) {
      const at = sources[row]! * 8;
      for (let i = 0; i < 8; i++) words[i] = wide[at + i]!;
      return;
    }
    words[0] = words[1] = words[4] = words[5] = 0;
    words[2] = words[6] = MAPPED;
    words[3] = sources[row]!;
    words[7] = destinations[row]!;
  }

  function sorted(): Int32Array {
    let firstMs = Number.POSITIVE_INFINITY;
    for (let row = 0; row < rows; row++) if (times[row]! < firstMs) firstMs = times[row]!;
    const keys = new Float64Array(rows);
    for (let row = 0; row < rows; row++) keys[row] = (times[row]! - firstMs) * MOST_ROWS + row;
    keys.sort();
    // A remainder of doubles would be a call for each row.
    const inOrder = Int32Array.from(keys, (key) => key - Math.floor(key / MOST_ROWS) * MOST_ROWS);
    for (let from = 0; from < rows; ) {
      const atMs = times[inOrder[from]!];
      let to = from + 1;
      while (to < rows && times[inOrder[to]!] === atMs) to++;
      if (to - from > 1) inOrder.subarray(from, to).sort(compare);
      from = to;
    }
    return inOrder;
  }

  const one = new Int32Array(8);
  const other = new Int32Array(8);

  function compare(a: number, b: number): number {
    read(a, one);
    read(b, other);
    for (let i = 0; i < 8; i++) if (one[i] !== other[i]) return one[i]! - other[i]!;
    return kinds[a]! - kinds[b]! || sensors[a]! - sensors[b]!;
  }

  const reader = createCopyReader(add);
  return {
    count: () => rows,
    write(chunk) {
      order = undefined;
      reader.write(chunk);
    },
    each(visit) {
      order ??= sorted();
      const words = new Int32Array(8);
      for (const row of order) {
        const kind = kinds[row]!;
        read(row, words);
        visit(words, kind & 0xffff, (kind >> 16) & 0xff, times[row]!, sensors[row]!);
      }
    },
    keep(isKept) {
      const words = new Int32Array(8);
      order = (order ?? sorted()).filter((row) => {
        read(row, words);
        return isKept(words);
      });
    },
  };
}

function widen<Column extends Int32Array | Float64Array>(
  column: Column,
  Twice: new (length: number) => Column,
): Column {
  const twice = new Twice(column.length * 2);
  twice.set(column as never);
  return twice;
}
