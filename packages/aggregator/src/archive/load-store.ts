import { ConnscanError } from '@connscan/model';
import { sql } from 'kysely';
import type { z } from 'zod';
import { migrate } from '../store/migrate.ts';
import type { Database, DatabaseTransaction } from '../store/schema.ts';
import { openDay } from '../store/sighting-days.ts';
import {
  type ArchiveLines,
  fileSchema,
  headSchema,
  type KeptFile,
  type OnSection,
  sectionSchema,
} from './archive-lines.ts';

/** Rows that one statement inserts. */
const STEP_ROWS = 1000;

type Section = z.output<typeof sectionSchema>;

/**
 * Fills a database that has no tables from the lines of an archive, and brings it to this program's version; all or nothing.
 * Returns the files that were in it. Throws BAD_ARCHIVE, what `lines` throws, or STORE_UNUSABLE if there are tables or the
 * archive is of a newer program.
 */
export async function loadStore(db: Database, lines: ArchiveLines, onSection: OnSection): Promise<KeptFile[]> {
  await requireEmpty(db);
  const reader = createReader(lines);
  try {
    const { migration } = await reader.next(headSchema);
    await migrate(db, migration);
    const files = await db.transaction().execute((transaction) => loadSections(transaction, reader, onSection));
    await migrate(db);
    return files;
  } catch (error) {
    await lines.return();
    await dropTables(db);
    throw error;
  }
}

async function loadSections(db: DatabaseTransaction, reader: Reader, onSection: OnSection): Promise<KeptFile[]> {
  const files: KeptFile[] = [];
  for (let line = await reader.line(); line !== undefined; line = await reader.line()) {
    if (line.startsWith('{"file"')) {
      files.push(reader.parse(fileSchema, line));
      continue;
    }
    const section = reader.parse(sectionSchema, line);
    await loadSection(db, section, reader, onSection).catch((error: Error) => refuse(section.from, error));
  }
  await restartCounters(db);
  return files;
}

const findTableNames = sql<{ name: string }>`
  select relname as name from pg_class
  where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition order by relname`;

/** All of them were made here. */
async function dropTables(db: Database): Promise<void> {
  const { rows } = await findTableNames.execute(db);
  if (rows.length > 0) await sql`drop table ${sql.join(rows.map(({ name }) => sql.table(name)))}`.execute(db);
}

async function requireEmpty(db: Database): Promise<void> {
  const { rows } = await findTableNames.execute(db);
  if (rows.length > 0) throw new ConnscanError('STORE_UNUSABLE', `it must be empty, and has a table ${rows[0]!.name}`);
}

async function loadSection(
  db: DatabaseTransaction,
  { table, from, columns, rows }: Section,
  reader: Reader,
  onSection: OnSection,
): Promise<void> {
  const [, day] = /^sightings_(\d{8})$/.exec(from) ?? [];
  if (day) await openDay(db, Date.parse(day.replace(/(....)(..)(..)/, '$1-$2-$3')) / 86_400_000);
  for (let left = rows; left > 0; left -= STEP_ROWS) {
    const lines: string[] = [];
    for (let at = 0; at < Math.min(left, STEP_ROWS); at++) lines.push(await reader.row(from));
    await insertRows(db, table, columns, lines);
  }
  await requireRows(db, from, rows);
  onSection(from, rows);
}

async function insertRows(
  db: DatabaseTransaction,
  table: string,
  columns: readonly string[],
  lines: readonly string[],
) {
  const names = sql.join(columns.map((column) => sql.ref(column)));
  await sql`
    insert into ${sql.table(table)} (${names}) overriding system value
    select ${names} from json_populate_recordset(null::${sql.table(table)}, ${`[${lines.join()}]`}::json)`.execute(db);
}

/** What is damaged may still read as rows: by these classes of its errors PostgreSQL says that there is no such table, column or value. */
function refuse(from: string, error: Error & { readonly code?: unknown }): never {
  if (typeof error.code !== 'string' || !/^(22|23|42)...$/.test(error.code)) throw error;
  throw new ConnscanError('BAD_ARCHIVE', `${from}: the store takes no such rows: ${error.message}`);
}

async function requireRows(db: DatabaseTransaction, from: string, rows: number): Promise<void> {
  const { rows: counted } = await sql<{ rows: number }>`select count(*) as rows from ${sql.table(from)}`.execute(db);
  if (counted[0]!.rows !== rows) {
    throw new ConnscanError(
      'BAD_ARCHIVE',
      `${from}: ${rows} rows are in it, and ${counted[0]!.rows} came into the store`,
    );
  }
}

/** What counts its rows itself goes on behind those that came. */
async function restartCounters(db: DatabaseTransaction): Promise<void> {
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as table, column_name as column from information_schema.columns
    where table_schema = current_schema() and is_identity = 'YES'`.execute(db);
  for (const { table, column } of rows) {
    await sql`
      select setval(pg_get_serial_sequence(${table}, ${column}), max(${sql.ref(column)})) from ${sql.table(table)}
      having max(${sql.ref(column)}) is not null`.execute(db);
  }
}

type Reader = ReturnType<typeof createReader>;

function createReader(lines: ArchiveLines) {
  let read: readonly string[] = [];
  let at = 0;

  async function line(): Promise<string | undefined> {
    while (at === read.length) {
      const { value, done } = await lines.next();
      if (done) return undefined;
      read = value;
      at = 0;
    }
    return read[at++];
  }

  function parse<Line>(schema: z.ZodType<Line>, text = ''): Line {
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw new ConnscanError('BAD_ARCHIVE', `it is no archive of connscan: ${text.slice(0, 100)}`, { cause });
    }
  }

  return {
    line,
    parse,
    next: async <Line>(schema: z.ZodType<Line>) => parse(schema, await line()),
    async row(from: string): Promise<string> {
      const row = await line();
      if (row === undefined) throw new ConnscanError('BAD_ARCHIVE', `it ends among the rows of ${from}`);
      return row;
    },
  };
}
