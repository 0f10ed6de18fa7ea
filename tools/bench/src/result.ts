/** One figure of a benchmark; names are stable. */
export type Result = {
  readonly name: string;
  /** The median of `runs`. */
  readonly value: number;
  readonly unit: string;
  readonly runs: readonly number[];
};

/** A figure measured several times. Four digits are kept, more than any of them repeats. */
export function createResult(name: string, unit: string, runs: readonly number[]): Result {
  return { name, value: round(median(runs)), unit, runs: runs.map(round) };
}

/** The middle value, or the mean of the two middle ones. Throws a RangeError if there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}
