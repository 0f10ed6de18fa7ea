import { styleText } from 'node:util';
import measure from 'fast-string-truncated-width';
import { type Fitting, fitColumns, GAP } from './fit-columns.ts';
import { printableText } from './printable-text.ts';
import { PLAIN, type Screen } from './screen.ts';

export type Column = {
  readonly head: string;
  /** What becomes of it where the lines are too long: its cells are cut, or it is left out. Neither: it stays whole. */
  readonly narrow?: 'cut' | 'drop';
  /** The colour of a cell, where there are colours. */
  readonly colourOf?: (text: string) => Colour | undefined;
};

export type Colour = 'red' | 'yellow' | 'green' | 'gray';

/** Of a cell that is cut, at least so much stays. */
const LEAST = 8;

/**
 * A table without borders, each column as wide as its longest cell, and no wider in all than the screen if that can be.
 * Text of others is made printable. A library measures; the layout is here, as cli-table3 takes 48 s for 8,000 rows (its time
 * grows with their square), and `table` and cliui, each slower than this by far, cannot find the widths either.
 */
export function formatTable(
  columns: readonly (string | Column)[],
  rows: readonly (readonly unknown[])[],
  { width, colours }: Screen = PLAIN,
): string {
  const described = columns.map((column) => (typeof column === 'string' ? { head: column } : column));
  const heads = described.map(({ head }) => ({ text: head, width: measure(head).width }));
  const cells = rows.map((row) => row.map(cellOf));
  const widths = fitColumns(
    described.map((column, at) =>
      fittingOf(
        column,
        heads[at]!,
        cells.reduce((widest, row) => Math.max(widest, row[at]!.width), 0),
      ),
    ),
    width,
  );
  const shown = [...widths.keys()].filter((column) => widths[column]! > 0);
  const lineOf = (row: readonly Cell[], colour: boolean) => {
    const texts = shown.map((column) => {
      const { text, width: filled } = cut(row[column]!, widths[column]!);
      const style = colour ? described[column]!.colourOf?.(row[column]!.text) : undefined;
      const painted = style ? styleText(style, text, { validateStream: false }) : text;
      return column === shown.at(-1) ? painted : painted + ' '.repeat(widths[column]! - filled + GAP);
    });
    return `${texts.join('').trimEnd()}\n`;
  };
  return [lineOf(heads, false), ...cells.map((row) => lineOf(row, colours))].join('');
}

type Cell = { readonly text: string; readonly width: number };

function cellOf(value: unknown): Cell {
  const text = printableText(value);
  return { text, width: measure(text).width };
}

function fittingOf({ narrow }: Column, head: Cell, widest: number): Fitting {
  return {
    width: Math.max(head.width, widest),
    least: narrow === 'cut' ? Math.max(head.width, LEAST) : undefined,
    mayDrop: narrow === 'drop',
  };
}

function cut(cell: Cell, limit: number): Cell {
  if (cell.width <= limit) return cell;
  // The width that comes with the index takes half a wide character for a whole one.
  const { index } = measure(cell.text, { limit, ellipsis: '…' });
  const text = `${cell.text.slice(0, index)}…`;
  return { text, width: measure(text).width };
}
