import type { Sighting } from '@connscan/model';
import { sql } from 'kysely';
import type { DatabaseTransaction } from './schema.ts';

/**
 * Merges sightings into what the agent told before. Merging takes least, greatest and sum, and of listeners the one seen
 * last, so order does not matter. One unnest of arrays was measured twice as fast as a row of parameters for each sighting.
 * Grouping lets a batch name one service twice; ordering makes two transactions take their row locks in the same order.
 */
export async function saveSightings(
  db: DatabaseTransaction,
  agentId: string,
  sightings: readonly Sighting[],
): Promise<void> {
  await sql`
    insert into sightings
    select source, destination, port, outcome, ${agentId}::uuid,
      to_timestamp(min(first_ms) / 1000), to_timestamp(max(last_ms) / 1000), sum(connections),
      (array_agg(listener order by last_ms desc) filter (where listener is not null))[1],
      to_timestamp(max(last_ms) filter (where listener is not null) / 1000)
    from unnest(
      ${sightings.map(({ source }) => source)}::inet[],
      ${sightings.map(({ destination }) => destination)}::inet[],
      ${sightings.map(({ port }) => port)}::integer[],
      ${sightings.map(({ outcome }) => outcome)}::text[],
      ${sightings.map(({ firstSeenMs }) => firstSeenMs)}::double precision[],
      ${sightings.map(({ lastSeenMs }) => lastSeenMs)}::double precision[],
      ${sightings.map(({ connections }) => connections)}::bigint[],
      ${sightings.map(({ listener }) => listener && JSON.stringify(listener))}::jsonb[]
    ) as told (source, destination, port, outcome, first_ms, last_ms, connections, listener)
    group by source, destination, port, outcome
    order by source, destination, port, outcome
    on conflict (source, destination, port, outcome, agent_id) do update set
      first_seen = least(sightings.first_seen, excluded.first_seen),
      last_seen = greatest(sightings.last_seen, excluded.last_seen),
      connections = sightings.connections + excluded.connections,
      listener = case when excluded.listener_seen < sightings.listener_seen
        then sightings.listener
        else coalesce(excluded.listener, sightings.listener) end,
      listener_seen = greatest(sightings.listener_seen, excluded.listener_seen)`.execute(db);
}
