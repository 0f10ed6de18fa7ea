import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from './schema.ts';

/** The days, in UTC and by their number since 1970, whose sightings have a partition of their own. */
export type SightingDays = {
  /** Makes the partitions that are missing for sightings last seen at these times, if they are days that are kept. */
  cover(wallMs: Iterable<number>): Promise<void>;
  /** Makes those of today and tomorrow, and of each day whose sightings had none, and drops those of days that are over. */
  sweep(): Promise<void>;
};

export type SightingDaysOptions = {
  readonly db: Database;
  readonly retentionDays: number;
  readonly wallMs: () => number;
};

export const DAY_MS = 86_400_000;

/** A query that runs holds a partition, and whoever waits for it holds up those behind: the next sweep tries again. */
const LOCK_TIMEOUT = '2s';

/** Reads which partitions there are. */
export async function openSightingDays({ db, retentionDays, wallMs }: SightingDaysOptions): Promise<SightingDays> {
  const known = new Set(await findDays(db));
  const today = () => Math.floor(wallMs() / DAY_MS);
  const isKept = (day: number) => day >= today() - retentionDays && day <= today() + 1;

  async function open(days: Iterable<number>): Promise<void> {
    for (const day of days) {
      if (known.has(day) || !isKept(day)) continue;
      await db.transaction().execute((transaction) => openDay(transaction, day));
      known.add(day);
    }
  }

  return {
    cover: (times) => open(new Set(Iterator.from(times).map((time) => Math.floor(time / DAY_MS)))),
    async sweep() {
      await open([today(), today() + 1]);
      const [first, last] = [today() - retentionDays, today() + 1];
      await open(await findOtherDays(db, first, last));
      for (const day of known) {
        if (day >= first) continue;
        await dropDay(db, day);
        known.delete(day);
      }
    },
  };
}

function tableOf(day: number): string {
  return `sightings_${timeOf(day).slice(0, 10).replaceAll('-', '')}`;
}

function timeOf(day: number): string {
  return new Date(day * DAY_MS).toISOString();
}

async function findDays(db: Database): Promise<number[]> {
  const { rows } = await sql<{ date: string }>`
    select substr(relname, 11) as date from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'sightings'::regclass and relname ~ '^sightings_[0-9]{8}$'`.execute(db);
  return rows.map(({ date }) => Date.parse(date.replace(/(....)(..)(..)/, '$1-$2-$3')) / DAY_MS);
}

/** Days of sightings that came when there was no partition for them: from before there were any, or ahead of time. */
async function findOtherDays(db: Database, first: number, last: number): Promise<number[]> {
  const { rows } = await sql<{ day: number }>`
    select distinct floor(extract(epoch from last_seen) / 86400)::integer as day from sightings_other
    where last_seen >= ${timeOf(first)} and last_seen < ${timeOf(last + 1)}`.execute(db);
  return rows.map(({ day }) => day);
}

/** Rows of the day that are in the default partition must leave it before, and none may come in between. */
export async function openDay(db: DatabaseTransaction, day: number): Promise<void> {
  const [table, from, to] = [sql.table(tableOf(day)), sql.lit(timeOf(day)), sql.lit(timeOf(day + 1))];
  await sql`lock table sightings_other in access exclusive mode`.execute(db);
  await sql`create table ${table} (like sightings including defaults including constraints)`.execute(db);
  await sql`
    with moved as (delete from sightings_other where last_seen >= ${from} and last_seen < ${to} returning *)
    insert into ${table} select * from moved`.execute(db);
  await sql`alter table sightings attach partition ${table} for values from (${from}) to (${to})`.execute(db);
}

async function dropDay(db: Database, day: number): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT)}`.execute(transaction);
    await sql`drop table ${sql.table(tableOf(day))}`.execute(transaction);
  });
}
