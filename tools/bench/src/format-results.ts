import type { Machine } from './machine.ts';
import type { Result } from './result.ts';

/** The results for a person: one line each, with the least and the greatest of its runs. */
export function formatResults({ cpu, cores, kernel, node }: Machine, results: readonly Result[]): string {
  const rows = [
    ['name', 'median', 'unit', 'least', 'greatest', 'runs'],
    ...results.map(({ name, value, unit, runs }) => [
      name,
      String(value),
      unit,
      String(Math.min(...runs)),
      String(Math.max(...runs)),
      String(runs.length),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return `${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}\n${lines.join('\n')}\n`;
}
