import { type RawBuilder, sql } from 'kysely';
import type { Database } from './schema.ts';
import { DAY_MS } from './sighting-days.ts';

/** Rows deleted in one transaction: some 50 ms, for which the embedded store does nothing else. */
const STEP_ROWS = 10_000;

/**
 * Deletes, in small steps, what a day's partition does not hold: sightings and their hours that are older than so many days,
 * or that a wild clock put as far into the future, and the marks of older batches. A batch whose mark is gone has only
 * sightings that would go at once. Stops when the signal aborts.
 */
export async function deleteOldRows(
  db: Database,
  { nowMs, retentionDays }: { readonly nowMs: number; readonly retentionDays: number },
  signal: AbortSignal,
): Promise<void> {
  const [oldest, newest] = [-1, 1].map((sign) => new Date(nowMs + sign * retentionDays * DAY_MS));
  await deleteRows(db, 'sightings_other', sql`last_seen < ${oldest} or last_seen >= ${newest}`, signal);
  await deleteRows(db, 'sighting_hours', sql`hour < ${oldest} or hour >= ${newest}`, signal);
  await deleteRows(db, 'batches', sql`committed < ${oldest}`, signal);
}

async function deleteRows(db: Database, table: string, old: RawBuilder<unknown>, signal: AbortSignal): Promise<void> {
  for (let deleted = STEP_ROWS; deleted === STEP_ROWS && !signal.aborted; ) {
    const { numAffectedRows } = await sql`
      delete from ${sql.table(table)} where ctid = any(array(
        select ctid from ${sql.table(table)} where ${old} limit ${STEP_ROWS}))`.execute(db);
    deleted = Number(numAffectedRows);
  }
}
