import { sql } from 'kysely';
import type { Database } from '../store/schema.ts';

/** A table whose rows are moved, or the partition of one: rows go back into the whole table. */
export type StoredTable = {
  readonly table: string;
  /** Where the rows are: the table itself, or a partition of it. */
  readonly from: string;
  readonly columns: readonly string[];
};

/** Every table of the store but those of the migrations, each behind the tables that it refers to. */
export async function findTables(db: Database): Promise<StoredTable[]> {
  const { rows } = await sql<StoredTable & { readonly refers: readonly string[] }>`
    select coalesce(parent.relname, leaf.relname) as table, leaf.relname as from,
      array(
        select attname::text from pg_attribute
        where attrelid = leaf.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum
      ) as columns,
      array(
        select referred.relname::text from pg_constraint join pg_class as referred on referred.oid = confrelid
        where conrelid = leaf.oid and contype = 'f'
      ) as refers
    from pg_class as leaf
    left join pg_inherits on inhrelid = leaf.oid
    left join pg_class as parent on parent.oid = inhparent
    where leaf.relnamespace = current_schema()::regnamespace and leaf.relkind = 'r' and leaf.relname not like 'kysely_%'
    order by leaf.relname`.execute(db);
  return behindReferred(rows);
}

function behindReferred(tables: readonly (StoredTable & { readonly refers: readonly string[] })[]): StoredTable[] {
  const placed: StoredTable[] = [];
  let rest = tables;
  while (rest.length > 0) {
    const names = new Set(rest.map(({ table }) => table));
    const free = rest.filter(({ table, refers }) => refers.every((name) => name === table || !names.has(name)));
    if (free.length === 0) throw new Error(`tables that refer to each other: ${[...names].join(', ')}`);
    placed.push(...free.map(({ table, from, columns }) => ({ table, from, columns })));
    rest = rest.filter((table) => !free.includes(table));
  }
  return placed;
}
