import { outcomeCode, type Sighting } from '@connscan/model';
import { sql } from 'kysely';
import type { DatabaseTransaction } from './schema.ts';

/** Sightings of one sensor. */
export type ToldSightings = { readonly agentId: string; readonly sightings: readonly Sighting[] };

/**
 * Adds sightings to the history, and to the counts of their hours. One unnest of arrays was measured twice as fast as a row
 * of parameters for each sighting. The order is that in which all transactions lock the rows of hours.
 */
export async function saveSightings(db: DatabaseTransaction, told: readonly ToldSightings[]): Promise<void> {
  const rows = told.flatMap(({ sightings }) => sightings);
  if (rows.length === 0) return;
  await sql`
    with told as (
      insert into sightings
      select source, destination, port, outcome, agent_id, to_timestamp(first_ms / 1000), to_timestamp(last_ms / 1000),
        connections, listener
      from unnest(
        ${arrayOf(rows, ({ source }) => source)}::inet[],
        ${arrayOf(rows, ({ destination }) => destination)}::inet[],
        ${arrayOf(rows, ({ port }) => port)}::integer[],
        ${arrayOf(rows, ({ outcome }) => outcomeCode(outcome))}::smallint[],
        ${arrayOf(
          told.flatMap(({ agentId, sightings }) => Array(sightings.length).fill(agentId)),
          String,
        )}::uuid[],
        ${arrayOf(rows, ({ firstSeenMs }) => firstSeenMs)}::double precision[],
        ${arrayOf(rows, ({ lastSeenMs }) => lastSeenMs)}::double precision[],
        ${arrayOf(rows, ({ connections }) => connections)}::bigint[],
        ${rows.map(({ listener }) => listener && JSON.stringify(listener))}::jsonb[]
      ) as told (source, destination, port, outcome, agent_id, first_ms, last_ms, connections, listener)
      returning port, outcome, last_seen, connections
    )
    insert into sighting_hours
    select date_trunc('hour', last_seen, 'UTC') as hour, port, outcome, count(*), sum(connections)
    from told
    group by hour, port, outcome
    order by hour, port, outcome
    on conflict (hour, port, outcome) do update set
      sightings = sighting_hours.sightings + excluded.sightings,
      connections = sighting_hours.connections + excluded.connections`.execute(db);
}

/** An array as PostgreSQL reads it. `pg` would look at each value for what must be quoted; in these nothing must. */
function arrayOf<Row>(rows: readonly Row[], pick: (row: Row) => string | number): string {
  return `{${rows.map(pick).join()}}`;
}
