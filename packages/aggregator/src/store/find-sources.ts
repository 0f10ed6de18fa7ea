import type { Outcome } from '@connscan/model';
import { sql } from 'kysely';
import { outcomeWord } from './outcome-word.ts';
import type { Page } from './page.ts';
import type { Database } from './schema.ts';
import type { Window } from './window.ts';

export type SourceRow = {
  readonly source: string;
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly services: number;
  readonly hosts: number;
  readonly connections: Partial<Record<Outcome, number>>;
  readonly open_detections: number;
};

/**
 * One page of the sources with sightings in a window, in the order of their addresses, which no new sighting changes. Two
 * sensors may tell of the same connections, one at each end: the larger of their counts is taken, not the sum.
 *
 * The index is asked for the next source, once for each: a `distinct` would read all sightings of each.
 */
export function findSources(db: Database, window: Window, page: Page<string>): Promise<SourceRow[]> {
  return find(db, window, page, undefined);
}

/** One source; undefined if it has no sightings in the window. */
export async function findSource(db: Database, window: Window, source: string): Promise<SourceRow | undefined> {
  const [row] = await find(db, window, { limit: 1, reversed: false }, source);
  return row;
}

async function find(
  db: Database,
  { since, until }: Window,
  page: Page<string>,
  only: string | undefined,
): Promise<SourceRow[]> {
  const { after = null, before = null } = page;
  const [direction, behind] = page.reversed ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`];
  const within = sql`last_seen >= ${since} and last_seen < ${until}`;
  const { rows } = await sql<SourceRow>`
    with recursive page (source, place) as (
      (select source, 1 from sightings
      where ${within} ${only === undefined ? sql`` : sql`and source = ${only}`} and (${after}::inet is null or source > ${after}::inet)
        and (${before}::inet is null or source < ${before}::inet)
      order by source ${direction} limit 1)
      union all
      select (
        select source from sightings
        where ${within} and source ${behind} page.source
          and (${after}::inet is null or source > ${after}::inet) and (${before}::inet is null or source < ${before}::inet)
        order by source ${direction} limit 1
      ), place + 1
      from page where source is not null and place < ${page.limit}
    )
    select page.source, first_seen, last_seen, services, hosts, connections, open_detections
    from page
    cross join lateral (
      select min(first_seen) as first_seen, max(last_seen) as last_seen, count(distinct (destination, port)) as services,
        count(distinct destination) as hosts
      from sightings where source = page.source and ${within}
    ) as activity
    cross join lateral (
      select jsonb_object_agg(${outcomeWord(sql.ref('outcome'))}, told) as connections
      from (
        select outcome, sum(told) as told
        from (
          select outcome, max(told) as told
          from (
            select destination, port, outcome, sum(connections) as told
            from sightings where source = page.source and ${within}
            group by destination, port, outcome, agent_id
          ) as sensor
          group by destination, port, outcome
        ) as service
        group by outcome
      ) as outcome
    ) as outcomes
    cross join lateral (
      select count(*) as open_detections from detections where source = page.source and ended is null
    ) as open
    where page.source is not null
    order by page.source ${direction}`.execute(db);
  return rows;
}
