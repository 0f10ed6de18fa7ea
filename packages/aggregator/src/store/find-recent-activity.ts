import { outcomeCode } from '@connscan/model';
import { sql } from 'kysely';
import type { Database } from './schema.ts';
import type { Window } from './window.ts';

/** Distinct services that a source touched in a window, by what the detection counts them as. */
export type RecentActivity = { readonly aborted: number; readonly failed: number };

/** For each source in their order; exceptions and habits are not left out, as only the detector knows them. */
export async function findRecentActivity(
  db: Database,
  { since, until }: Window,
  sources: readonly string[],
  countEmptyClose: boolean,
): Promise<RecentActivity[]> {
  const aborted = [outcomeCode('reset'), ...(countEmptyClose ? [outcomeCode('empty_close')] : [])];
  const failed = [outcomeCode('refused'), outcomeCode('unanswered')];
  const { rows } = await sql<RecentActivity>`
    select aborted, failed
    from unnest(${sources}::inet[]) with ordinality as wanted (source, place)
    cross join lateral (
      select count(distinct (destination, port)) filter (where outcome = any(${aborted}::smallint[])) as aborted,
        count(distinct (destination, port)) filter (where outcome = any(${failed}::smallint[])) as failed
      from sightings
      where sightings.source = wanted.source and last_seen >= ${since} and last_seen < ${until}
    ) as activity
    order by place`.execute(db);
  return rows;
}
