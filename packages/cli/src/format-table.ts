import Table from 'cli-table3';

/** A table without borders, each line as wide as its longest cells. Control characters of untrusted text become `?`. */
export function formatTable(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const none = Object.fromEntries(BORDERS.map((name) => [name, '']));
  const table = new Table({
    head: [...head],
    chars: { ...none, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((cells) => cells.map((cell) => String(cell).replaceAll(/\p{Cc}/gu, '?'))));
  return `${table.toString().replaceAll(/ +$/gm, '')}\n`;
}

const BORDERS = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
];
