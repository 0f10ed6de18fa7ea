import { sql } from 'kysely';
import type { Database } from '../store/schema.ts';

/** What a what-if reads, in order of time, and how many sightings that are, about. */
export type Plan = { readonly stretches: readonly Stretch[]; readonly expected: number };

/** Hours that are read at once, and how many sightings they have, about. */
type Stretch = { readonly sinceMs: number; readonly untilMs: number; readonly expected: number };

const HOUR_MS = 3_600_000;

/** The hours of the history that have sightings, in stretches of so many rows, about. An hour that has more is cut in equal times. */
export async function planStretches(
  db: Database,
  { sinceMs, untilMs, rows: mostRows }: { readonly sinceMs: number; readonly untilMs: number; readonly rows: number },
): Promise<Plan> {
  const { rows } = await sql<{ hour: Date; sightings: number }>`
    select hour, sum(sightings)::bigint as sightings from sighting_hours
    where hour > ${new Date(sinceMs - HOUR_MS)} and hour < ${new Date(untilMs)}
    group by hour order by hour`.execute(db);
  const stretches: Stretch[] = [];
  for (const { hour, sightings } of rows) {
    const from = Math.max(sinceMs, hour.getTime());
    const to = Math.min(untilMs, hour.getTime() + HOUR_MS);
    const last = stretches.at(-1);
    if (last && last.expected + sightings <= mostRows) {
      stretches[stretches.length - 1] = { ...last, untilMs: to, expected: last.expected + sightings };
      continue;
    }
    const cuts = Math.ceil(sightings / mostRows);
    for (let cut = 0; cut < cuts; cut++) {
      const [sinceMs, untilMs] = [cut, cut + 1].map((n) => Math.round(from + ((to - from) * n) / cuts)) as [
        number,
        number,
      ];
      stretches.push({ sinceMs, untilMs, expected: sightings / cuts });
    }
  }
  const expected = rows.reduce((sum, { sightings }) => sum + sightings, 0);
  return { stretches, expected };
}
