import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from './schema.ts';

/** An agent that claims a detection or saw connections of it. */
export type Sensor = {
  readonly detection_id: string;
  readonly agent_id: string;
  /** Where its host is in the scan, by the addresses that it told; null: at neither end. */
  readonly side: 'source' | 'target' | null;
  /** False: it told no addresses, so nobody knows. */
  readonly has_addresses: boolean;
  /** What it saw; null if no sighting of it has come. */
  readonly services: number | null;
  readonly hosts: number | null;
  readonly first_seen: Date | null;
  readonly last_seen: Date | null;
};

/**
 * The sensors of each detection, who saw it first first. Those on a target are found by its samples and latest sightings.
 * That these are within a time spares a look at the partitions of all other days. All is read at one moment: those of a sensor that
 * came after that time was read would be outside of it.
 */
export function findSensors(db: Database, detectionIds: readonly string[]): Promise<Sensor[]> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((transaction) => findIn(transaction, detectionIds));
}

async function findIn(db: DatabaseTransaction, detectionIds: readonly string[]): Promise<Sensor[]> {
  const { rows: times } = await sql<{ first: Date | null; last: Date | null }>`
    select min(last_seen) - interval '5 minutes' as first, max(last_seen) as last
    from detection_sensors where detection_id = any(${detectionIds})`.execute(db);
  const { first, last } = times[0]!;
  const { rows } = await sql<Sensor>`
    select detections.id as detection_id, agent.id as agent_id, services, hosts, sensor.first_seen, sensor.last_seen,
      exists (select from agent_addresses where agent_id = agent.id) as has_addresses,
      case
        when exists (
          select from agent_addresses
          where agent_id = agent.id and address <<= set_masklen(source, coalesce(source_prefix_bits, masklen(source)))
        ) then 'source'
        when exists (
          select from agent_addresses
          where agent_id = agent.id
            and details @> jsonb_build_object('samples', jsonb_build_array(jsonb_build_object('destination', host(address))))
        ) or exists (select from agent_addresses where agent_id = agent.id) and exists (
          select from sightings join agent_addresses on address = destination
          where sightings.source = detections.source and sightings.agent_id = agent.id
            and agent_addresses.agent_id = agent.id
            and sightings.last_seen between sensor.last_seen - interval '5 minutes' and sensor.last_seen
            and sightings.last_seen between ${first} and ${last}
        ) then 'target'
      end as side
    from detections
    cross join lateral unnest(agent_ids) as agent (id)
    left join lateral (
      select * from detection_sensors where detection_id = detections.id and agent_id = agent.id limit 1
    ) as sensor on true
    where detections.id = any(${detectionIds})
    order by detections.id, sensor.first_seen, agent.id`.execute(db);
  return rows;
}

/**
 * Whether more than one agent, or one at an end of its connections, stands for a detection. Null: nobody knows, as its one
 * agent told no addresses.
 */
export function isCorroborated(sensors: readonly Sensor[]): boolean | null {
  if (sensors.length > 1 || sensors.some(({ side }) => side !== null)) return true;
  return sensors.every((sensor) => sensor.has_addresses) ? false : null;
}
