import { sql } from 'kysely';
import type { Database } from '../store/schema.ts';
import type { Stretch } from './what-if-task.ts';

/** What a what-if reads, in order of time, and how many sightings that are, about. */
export type Plan = { readonly stretches: readonly Stretch[]; readonly expected: number };

const HOUR_MS = 3_600_000;

/** A stretch is a day at most: its times are ordered by their milliseconds, for which there is so much room. */
const MOST_HOURS = 24;

/**
 * The hours of the history that have sightings, in stretches of so many rows at most, or of one hour. Each stretch is in memory as a
 * whole, but for the shares of others.
 */
export async function planStretches(
  db: Database,
  { sinceMs, untilMs, rows: mostRows }: { readonly sinceMs: number; readonly untilMs: number; readonly rows: number },
): Promise<Plan> {
  const { rows } = await sql<{ hour: Date; sightings: number }>`
    select hour, sum(sightings)::bigint as sightings from sighting_hours
    where hour > ${new Date(sinceMs - HOUR_MS)} and hour < ${new Date(untilMs)}
    group by hour order by hour`.execute(db);
  const stretches: { sinceMs: number; untilMs: number; rows: number }[] = [];
  for (const { hour, sightings } of rows) {
    const from = Math.max(sinceMs, hour.getTime());
    const to = Math.min(untilMs, hour.getTime() + HOUR_MS);
    const last = stretches.at(-1);
    const fits = last && last.rows + sightings <= mostRows && to - last.sinceMs <= MOST_HOURS * HOUR_MS;
    if (!fits) stretches.push({ sinceMs: from, untilMs: to, rows: sightings });
    else Object.assign(last, { untilMs: to, rows: last.rows + sightings });
  }
  const expected = rows.reduce((sum, { sightings }) => sum + sightings, 0);
  return { stretches: stretches.map(({ rows: _rows, ...stretch }) => stretch), expected };
}
