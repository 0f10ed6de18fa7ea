import { type Column, formatTable } from './format-table.ts';
import type { Screen } from './screen.ts';
import type { Exception } from './tuning-answers.ts';

const COLUMNS: readonly (string | Column)[] = [
  'NAME',
  { head: 'TAKES', narrow: 'cut' },
  'HITS',
  { head: 'EXPIRES', colourOf: (text) => (text.startsWith('expired') ? 'gray' : undefined) },
  { head: 'OWNER', narrow: 'cut' },
  { head: 'REASON', narrow: 'cut' },
  { head: 'DOCUMENT', narrow: 'drop' },
  { head: 'FOR', narrow: 'drop' },
];

/** A table of exceptions, with how many connections each took. */
export function formatExceptions(exceptions: readonly Exception[], screen: Screen): string {
  if (exceptions.length === 0) return 'no exceptions\n';
  return formatTable(
    COLUMNS,
    exceptions.map((exception) => {
      const { name, hits, owner, reason, document, selector } = exception;
      const labels = selector.map((label) => `${label.name}=${label.value}`).join(' ') || 'all agents';
      return [name, takes(exception), hits, endOf(exception), owner ?? '', reason ?? '', document, labels];
    }),
    screen,
  );
}

/** What it takes, in the words of a rule: each scope that is left out takes everything. */
function takes({ sources, targets, ports, processes }: Exception): string {
  const scopes = [
    ['from', sources],
    ['to', targets],
    ['port', ports],
    ['by', processes],
  ] as const;
  return scopes.flatMap(([word, values]) => (values ? [`${word} ${values.join(' ')}`] : [])).join(', ');
}

function endOf({ expiresAt, expired }: Exception): string {
  if (expiresAt === null) return 'never';
  return expired ? `expired ${expiresAt}` : expiresAt;
}
