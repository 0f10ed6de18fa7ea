import type { EnrollToken } from './answers.ts';
import { formatTable } from './format-table.ts';

const HEAD = ['ID', 'STATE', 'USED', 'EXPIRES', 'LABELS'];

/** A table of tokens; what is wrong with one stands in its state as of `nowMs`. */
export function formatEnrollTokens(tokens: readonly EnrollToken[], nowMs: number): string {
  if (tokens.length === 0) return 'no tokens\n';
  return formatTable(
    HEAD,
    tokens.map((token) => {
      const { id, uses, maxUses, expiresAt, labels } = token;
      const written = labels.map(({ name, value }) => `${name}=${value}`).join(' ');
      return [id, stateOf(token, nowMs), `${uses}/${maxUses}`, expiresAt, written];
    }),
  );
}

function stateOf({ revokedAt, uses, maxUses, expiresAt }: EnrollToken, nowMs: number): string {
  if (revokedAt !== null) return 'revoked';
  if (Date.parse(expiresAt) <= nowMs) return 'expired';
  return uses >= maxUses ? 'used up' : 'good';
}
