import { type Kysely, sql } from 'kysely';

const statements = [`alter table epochs add lost bigint not null default 0`];

/** Batches that an agent told were lost: gaps in its numbers that are explained. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
