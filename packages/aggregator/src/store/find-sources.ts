import type { Outcome } from '@connscan/model';
import { sql } from 'kysely';
import type { Page } from './page.ts';
import type { Database } from './schema.ts';

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
 * One page of the sources with sightings, in the order of their addresses, which no new sighting changes. Two sensors
 * may tell of the same connections, one at each end: the larger of their counts is taken, not the sum.
 */
export async function findSources(db: Database, page: Page<string>): Promise<SourceRow[]> {
  const { after = null, before = null } = page;
  const direction = page.reversed ? sql`desc` : sql`asc`;
  const { rows } = await sql<SourceRow>`
    with page as (
      select distinct source from sightings
      where (${after}::inet is null or source > ${after}::inet) and (${before}::inet is null or source < ${before}::inet)
      order by source ${direction}
      limit ${page.limit}
    )
    select page.source, first_seen, last_seen, services, hosts, connections, open_detections
    from page
    cross join lateral (
      select min(first_seen) as first_seen, max(last_seen) as last_seen, count(distinct (destination, port)) as services,
        count(distinct destination) as hosts
      from sightings where source = page.source
    ) as activity
    cross join lateral (
      select jsonb_object_agg(outcome, told) as connections
      from (
        select outcome, sum(told) as told
        from (
          select outcome, max(connections) as told
          from sightings where source = page.source
          group by destination, port, outcome
        ) as service
        group by outcome
      ) as outcome
    ) as outcomes
    cross join lateral (
      select count(*) as open_detections from detections where source = page.source and ended is null
    ) as open
    order by page.source ${direction}`.execute(db);
  return rows;
}
