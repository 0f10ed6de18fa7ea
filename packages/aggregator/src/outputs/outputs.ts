import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type AuditEntry, writeAudit } from '../identity/audit.ts';
import type { Database, OutputRow } from '../store/schema.ts';
import type { OutputFilter, OutputFormat, OutputKind, OutputSettings } from './output-settings.ts';
import { targetOf } from './target-of.ts';

/** What an administrator says of an output. */
export type OutputChange = {
  readonly format: OutputFormat;
  readonly settings: OutputSettings;
  readonly secret: string | null;
  readonly filter: OutputFilter;
  readonly enabled: boolean;
};

export type NewOutput = OutputChange & { readonly name: string; readonly kind: OutputKind };

/** An output with how many deliveries it has still to get, and how many were given up. */
export type OutputView = OutputRow & { readonly waiting: number; readonly failed: number };

/** All of them, by name. The counts of each are of one moment: what waits no more was delivered or given up. */
export async function findOutputs(db: Database): Promise<OutputView[]> {
  const { rows } = await sql<OutputView>`
    select outputs.*, waiting, failed
    from outputs cross join lateral (
      select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'failed') as failed
      from deliveries where output_id = outputs.id
    ) as backlog
    order by name`.execute(db);
  return rows;
}

export function findOutput(db: Database, id: string): Promise<OutputRow | undefined> {
  return db.selectFrom('outputs').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Undefined if there is one of this name. */
export function createOutput(db: Database, output: NewOutput, actor: string): Promise<OutputRow | undefined> {
  return db.transaction().execute(async (transaction) => {
    const row = await transaction
      .insertInto('outputs')
      .values({
        ...withJson(output),
        id: randomUUID(),
        name: output.name,
        kind: output.kind,
        actor,
        created: sql<Date>`now()`,
      })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row) await writeAudit(transaction, { actor, action: 'OUTPUT_CREATED', subject: row.id, detail: detailOf(row) });
    return row;
  });
}

/** Undefined if there is none. */
export function updateOutput(
  db: Database,
  id: string,
  change: OutputChange,
  actor: string,
): Promise<OutputRow | undefined> {
  return db.transaction().execute(async (transaction) => {
    const row = await transaction
      .updateTable('outputs')
      .set(withJson(change))
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
    if (row) await writeAudit(transaction, { actor, action: 'OUTPUT_CHANGED', subject: id, detail: detailOf(row) });
    return row;
  });
}

/** Removes it with all that it has still to get. */
export function removeOutput(db: Database, id: string, actor: string): Promise<OutputRow | undefined> {
  return db.transaction().execute(async (transaction) => {
    const row = await transaction.deleteFrom('outputs').where('id', '=', id).returningAll().executeTakeFirst();
    if (row) await writeAudit(transaction, { actor, action: 'OUTPUT_REMOVED', subject: id, detail: detailOf(row) });
    return row;
  });
}

/** What was given up is sent again; undefined if there is no such output. */
export function resendDeliveries(db: Database, id: string, actor: string): Promise<OutputRow | undefined> {
  return db.transaction().execute(async (transaction) => {
    const row = await findOutput(transaction, id);
    if (!row) return undefined;
    const { numUpdatedRows } = await transaction
      .updateTable('deliveries')
      .set({ state: 'waiting', attempts: 0, due: sql<Date>`now()`, created: sql<Date>`now()` })
      .where('output_id', '=', id)
      .where('state', '=', 'failed')
      .executeTakeFirst();
    const detail = { name: row.name, deliveries: Number(numUpdatedRows) };
    await writeAudit(transaction, { actor, action: 'OUTPUT_RESENT', subject: id, detail });
    return row;
  });
}

function withJson({ format, settings, secret, filter, enabled }: OutputChange) {
  return { format, settings: JSON.stringify(settings), secret, filter: JSON.stringify(filter), enabled };
}

/** Without the secret, and what may be one. */
function detailOf(row: OutputRow): NonNullable<AuditEntry['detail']> {
  const { name, kind, format, filter, enabled } = row;
  return { name, kind, format, target: targetOf(row), filter, enabled };
}
