import { sql } from 'kysely';
import type { DatabaseTransaction, DetectionRow } from './schema.ts';

/**
 * Looks up in the sightings who saw connections of these detections, and returns them with all that is known of that. The
 * counts are the most that a sensor saw within the five minutes before one of these looks, or the day of a slow scan: a
 * look must not read all that a scan of weeks has left. A connection that ended with the called side's word is no part of one.
 */
export async function saveSensors(
  db: DatabaseTransaction,
  detectionIds: readonly string[],
): Promise<Map<string, DetectionRow>> {
  await sql`
    insert into detection_sensors
    select detections.id, sightings.agent_id, count(distinct (destination, port)), count(distinct destination),
      min(sightings.first_seen), max(sightings.last_seen)
    from detections join sightings
      on sightings.source between detections.source and coalesce(
          set_masklen(broadcast(set_masklen(detections.source, source_prefix_bits)), 128), detections.source)
        and sightings.last_seen >= greatest(detections.first_seen,
          detections.last_seen - case when rule = 'slow' then interval '1 day' else interval '5 minutes' end)
        and sightings.last_seen <= detections.last_seen + interval '5 minutes'
    where detections.id = any(${detectionIds}) and outcome <> 3
    group by detections.id, sightings.agent_id
    on conflict (detection_id, agent_id) do update set
      services = greatest(detection_sensors.services, excluded.services),
      hosts = greatest(detection_sensors.hosts, excluded.hosts),
      first_seen = least(detection_sensors.first_seen, excluded.first_seen),
      last_seen = greatest(detection_sensors.last_seen, excluded.last_seen)`.execute(db);
  const saved = await db
    .updateTable('detections')
    .set({
      agent_ids: sql<string[]>`array(
        select agent_id from detection_sensors where detection_id = detections.id
        union
        select agent_id from detection_claims where detection_id = detections.id and agent_id is not null
        order by agent_id)`,
    })
    .where('id', '=', sql<string>`any(${detectionIds})`)
    .returningAll()
    .execute();
  return new Map(saved.map((row) => [row.id, row]));
}
