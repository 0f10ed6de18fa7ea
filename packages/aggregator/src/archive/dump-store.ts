import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from '../store/schema.ts';
import type { ArchiveLines, KeptFile, OnSection } from './archive-lines.ts';
import { findTables } from './find-tables.ts';

/** Rows that are in memory at once. */
const STEP_ROWS = 1000;

export type DumpOptions = {
  readonly files: readonly KeptFile[];
  readonly now: () => Date;
  readonly onSection: OnSection;
};

/** The lines of an archive of one snapshot of the store: others may go on writing to it. */
export async function* dumpStore(db: Database, { files, now, onSection }: DumpOptions): ArchiveLines {
  const transaction = await db.startTransaction().setIsolationLevel('repeatable read').execute();
  try {
    const head = { connscan: 'archive', version: 1, migration: await findMigration(transaction), created: now() };
    yield [head, ...files].map((line) => JSON.stringify(line));
    for (const stored of await findTables(transaction)) {
      const rows = await countRows(transaction, stored.from);
      yield [JSON.stringify({ ...stored, rows })];
      yield* dumpRows(transaction, stored.from);
      onSection(stored.from, rows);
    }
  } finally {
    await transaction.rollback().execute();
  }
}

async function findMigration(db: DatabaseTransaction): Promise<string> {
  const { rows } = await sql<{ name: string }>`select max(name) as name from kysely_migration`.execute(db);
  return rows[0]!.name;
}

async function countRows(db: DatabaseTransaction, from: string): Promise<number> {
  const { rows } = await sql<{ rows: number }>`select count(*) as rows from ${sql.table(from)}`.execute(db);
  return rows[0]!.rows;
}

async function* dumpRows(db: DatabaseTransaction, from: string): ArchiveLines {
  const table = sql.table(from);
  await sql`
    declare archived no scroll cursor for select row_to_json(${table})::text as line from ${table}`.execute(db);
  for (let more = true; more; ) {
    const { rows } = await sql<{ line: string }>`fetch ${sql.lit(STEP_ROWS)} from archived`.execute(db);
    yield rows.map(({ line }) => line);
    more = rows.length === STEP_ROWS;
  }
  await sql`close archived`.execute(db);
}
