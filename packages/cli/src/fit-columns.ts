/** A column as far as its width matters. */
export type Fitting = {
  /** What its longest cell takes. */
  readonly width: number;
  /** The least that it may be cut to; undefined: it is never cut. */
  readonly least: number | undefined;
  /** Whether it may be left out. */
  readonly mayDrop: boolean;
};

/** Between two columns. */
export const GAP = 2;

/**
 * The width of each column so that a line fits into `room`; 0 for one that is left out. As few as possible are left out, the
 * last ones first; then the widest of those that may be cut are cut. What does not fit even so is as wide as it must be.
 */
export function fitColumns(columns: readonly Fitting[], room: number): number[] {
  const shown = new Set(columns.keys());
  const needed = () => GAP * (shown.size - 1) + sum([...shown].map((column) => leastOf(columns[column]!)));
  for (let column = columns.length - 1; column >= 0 && needed() > room; column--) {
    if (columns[column]!.mayDrop) shown.delete(column);
  }
  const kept = columns.map(({ width, ...rest }, column) => ({ ...rest, width: shown.has(column) ? width : 0 }));
  const limit = limitOf(kept, room - GAP * (shown.size - 1));
  return kept.map((column) => cutTo(column, limit));
}

/** The greatest width to which all that may be cut are cut so that everything fits. */
function limitOf(columns: readonly Fitting[], room: number): number {
  let limit = Math.max(0, ...columns.map(({ width }) => width));
  while (limit > 0 && sum(columns.map((column) => cutTo(column, limit))) > room) limit--;
  return limit;
}

function cutTo(column: Fitting, limit: number): number {
  return Math.min(column.width, Math.max(leastOf(column), limit));
}

function leastOf({ width, least = width }: Fitting): number {
  return Math.min(width, least);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
