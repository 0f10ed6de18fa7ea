/** Whole numbers as the ranges that they form, both ends included. */
export type NumberSet = {
  /** Numbers in it. */
  size(): number;
  has(number: number): boolean;
  /** Adds all from `from` to `through`; returns how many were not in it. */
  add(from: number, through: number): number;
  /** In ascending order, never touching each other. */
  ranges(): readonly Range[];
};

export type Range = readonly [from: number, through: number];

export function createNumberSet(start: Iterable<Range> = []): NumberSet {
  const ranges: Range[] = [];
  let size = 0;

  /** Index of the first range that ends at `number` or after it. */
  function indexOf(number: number): number {
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ranges[middle]![1] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function add(from: number, through: number): number {
    const first = indexOf(from - 1);
    let end = first;
    let [low, high] = [from, through];
    let had = 0;
    for (let range = ranges[end]; range && range[0] <= through + 1; range = ranges[++end]) {
      low = Math.min(low, range[0]);
      high = Math.max(high, range[1]);
      had += range[1] - range[0] + 1;
    }
    ranges.splice(first, end - first, [low, high]);
    const added = high - low + 1 - had;
    size += added;
    return added;
  }

  for (const [from, through] of start) add(from, through);
  return {
    size: () => size,
    has(number) {
      const range = ranges[indexOf(number)];
      return range !== undefined && range[0] <= number;
    },
    add,
    ranges: () => ranges,
  };
}

/** The ranges that ascending numbers form; a number may stand there twice. */
export function rangesOf(numbers: Iterable<number>): Range[] {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}
