import type { Listener, Outcome } from '@connscan/model';
import { sql } from 'kysely';
import { outcomeWord } from './outcome-word.ts';
import type { Page } from './page.ts';
import type { Database } from './schema.ts';
import type { Window } from './window.ts';

/** A host and port, and how it was touched in a window. */
export type ServiceRow = {
  readonly destination: string;
  readonly port: number;
  readonly sources: number;
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly connections: Partial<Record<Outcome, number>>;
  /** Who listened there last, if any sensor told. */
  readonly listener: Listener | null;
};

export type ServiceFilter = {
  /** Touched by this source, whose connections alone are counted. */
  readonly source?: string | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
};

/** A place in the order of services: by address, then port. */
export type ServicePosition = { readonly destination: string; readonly port: number };

/**
 * One page of the services with sightings in a window, in the order of their addresses and ports. The services of a source
 * are few enough to be sorted; those of the fleet are asked for one after the other, by their index.
 */
export async function findServices(
  db: Database,
  { since, until }: Window,
  { source, address, port }: ServiceFilter,
  page: Page<ServicePosition>,
): Promise<ServiceRow[]> {
  const { after, before, limit, reversed } = page;
  const [direction, behind] = reversed ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`];
  const bySource = source === undefined ? sql`` : sql`and source = ${source}`;
  const scope = sql`last_seen >= ${since} and last_seen < ${until} ${bySource}`;
  const wanted = sql`${scope}
    ${address === undefined ? sql`` : sql`and destination = ${address}`}
    ${port === undefined ? sql`` : sql`and port = ${port}`}
    ${after ? sql`and (destination, port) > (${after.destination}::inet, ${after.port}::integer)` : sql``}
    ${before ? sql`and (destination, port) < (${before.destination}::inet, ${before.port}::integer)` : sql``}`;
  const order = sql`order by destination ${direction}, port ${direction}`;
  const services =
    source === undefined
      ? sql`(select destination, port, 1 from sightings where ${wanted} ${order} limit 1)
        union all
        select next.destination, next.port, place + 1
        from page cross join lateral (
          select destination, port from sightings
          where ${wanted} and (sightings.destination, sightings.port) ${behind} (page.destination, page.port)
          ${order} limit 1
        ) as next
        where place < ${limit}`
      : sql`select * from (
          select distinct destination, port, 1 from sightings where ${wanted} ${order} limit ${limit}
        ) as own`;
  const { rows } = await sql<ServiceRow>`
    with recursive page (destination, port, place) as (${services})
    select page.destination, page.port, sources, first_seen, last_seen, connections, listener
    from page
    cross join lateral (
      select count(distinct source) as sources, min(first_seen) as first_seen, max(last_seen) as last_seen
      from sightings where destination = page.destination and port = page.port and ${scope}
    ) as activity
    cross join lateral (
      select jsonb_object_agg(${outcomeWord(sql.ref('outcome'))}, told) as connections
      from (
        select outcome, sum(told) as told
        from (
          select outcome, max(told) as told
          from (
            select source, outcome, sum(connections) as told
            from sightings where destination = page.destination and port = page.port and ${scope}
            group by source, outcome, agent_id
          ) as sensor
          group by source, outcome
        ) as touched
        group by outcome
      ) as outcome
    ) as outcomes
    left join lateral (
      select listener from sightings
      where destination = page.destination and port = page.port and listener is not null
        and last_seen >= ${since} and last_seen < ${until}
      order by last_seen desc limit 1
    ) as listening on true
    order by page.destination ${direction}, page.port ${direction}`.execute(db);
  return rows;
}
