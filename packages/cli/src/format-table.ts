/**
 * A table without borders, each column as wide as its longest cell. Control characters of untrusted text become `?`. By
 * hand, as cli-table3 looks for cells that span others in a time that grows with the square of the rows: 48 s for 8,000.
 */
export function formatTable(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => String(cell).replaceAll(/\p{Cc}/gu, '?')));
  const widths = head.map((_, column) => lines.reduce((width, cells) => Math.max(width, cells[column]!.length), 0));
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
