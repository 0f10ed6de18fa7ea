import type { ApiToken } from './access-answers.ts';
import { type Column, formatTable } from './format-table.ts';
import type { Screen } from './screen.ts';

const COLUMNS: readonly (string | Column)[] = [
  'ID',
  { head: 'NAME', narrow: 'cut' },
  'ROLE',
  { head: 'STATE', colourOf: (state) => (state === 'good' ? 'green' : 'gray') },
  { head: 'EXPIRES', narrow: 'drop' },
  { head: 'LAST USED', narrow: 'drop' },
  { head: 'MADE BY', narrow: 'drop' },
];

/** A table of API tokens; what is wrong with one stands in its state as of `nowMs`. */
export function formatTokens(tokens: readonly ApiToken[], nowMs: number, screen: Screen): string {
  if (tokens.length === 0) return 'no tokens\n';
  const rows = tokens.map((token) => {
    const { id, name, role, expiresAt, lastUsedAt, createdBy } = token;
    return [
      id,
      name,
      role.toLowerCase(),
      stateOf(token, nowMs),
      expiresAt ?? 'never',
      lastUsedAt ?? 'never',
      createdBy,
    ];
  });
  return formatTable(COLUMNS, rows, screen);
}

function stateOf({ revokedAt, expiresAt }: ApiToken, nowMs: number): string {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs ? 'expired' : 'good';
}
