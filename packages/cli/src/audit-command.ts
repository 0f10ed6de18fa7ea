import type { Command } from 'commander';
import type { AuditAnswer, AuditEntry } from './access-answers.ts';
import { AUDIT } from './access-documents.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { type Column, formatTable } from './format-table.ts';
import { type Aggregator, ask, createGraphqlClient } from './graphql-client.ts';
import { readWholeNumber } from './read-whole-number.ts';
import type { Screen } from './screen.ts';

const PAGE = 200;
const MAX_LIMIT = 100_000;

type AuditArguments = ClientArguments & {
  readonly actor?: string;
  readonly action?: readonly string[];
  readonly subject?: string;
  readonly since?: string;
  readonly limit: string;
};

const COLUMNS: readonly (string | Column)[] = [
  'AT',
  { head: 'ACTOR', narrow: 'cut' },
  'ACTION',
  'SUBJECT',
  { head: 'DETAIL', narrow: 'cut' },
];

const collect = (text: string, texts: readonly string[] = []) => [...texts, text];

/** `audit`. */
export function addAuditCommand(program: Command): void {
  addClientCommand(program, 'audit', 'Lists who changed what, and attempts that were refused, the latest first')
    .option('--actor <name>', 'done by this one, as the list names it')
    .option('--action <action>', 'this action, such as POLICY_SET; repeatable', collect)
    .option('--subject <id>', 'done to this')
    .option('--since <time>', 'from this time on, such as 2026-01-31T12:00:00Z')
    .option('--limit <number>', 'how many at most', '50')
    .action(async (args: AuditArguments, command) => {
      const problems: string[] = [];
      const limit = readWholeNumber('--limit', args.limit, MAX_LIMIT, problems);
      refuseProblems(command, problems);
      print(args, await findEntries(args, limit), formatAudit);
    });
}

async function findEntries(
  { actor, action, subject, since, ...aggregator }: AuditArguments & Aggregator,
  limit: number,
): Promise<AuditEntry[]> {
  const client = createGraphqlClient(aggregator);
  const actions = action?.map((word) => word.toUpperCase());
  const found: AuditEntry[] = [];
  let after: string | null = null;
  do {
    const first = Math.min(PAGE, limit - found.length);
    const { auditLog }: AuditAnswer = await ask(client, AUDIT, { actor, actions, subject, since, first, after });
    found.push(...auditLog.nodes);
    after = auditLog.pageInfo.hasNextPage ? auditLog.pageInfo.endCursor : null;
  } while (after !== null && found.length < limit);
  return found;
}

function formatAudit(entries: readonly AuditEntry[], screen: Screen): string {
  if (entries.length === 0) return 'nothing was written down\n';
  const rows = entries.map(({ at, actor, action, subject, detail }) => [
    at,
    actor,
    action,
    subject,
    detail === '{}' ? '' : detail,
  ]);
  return formatTable(COLUMNS, rows, screen);
}
