import { type Expression, type SqlBool, sql } from 'kysely';
import type { Database } from './schema.ts';

/** A port with more sightings is so common that the latest detections have it: they are looked at one by one. */
const COMMON_SIGHTINGS = 10_000;

/** A sensor tells each second, or later when it is overloaded. */
const during = sql`sightings.last_seen >= detections.first_seen
  and sightings.last_seen <= detections.last_seen + interval '1 hour' and sightings.first_seen <= detections.last_seen`;

/**
 * Detections that touched a target, a port, or that port of that target. A detection carries 20 services at most, a scan has
 * thousands: the sightings of its source during the detection say the rest.
 */
export async function touched(
  db: Database,
  target: string | undefined,
  port: number | undefined,
): Promise<Expression<SqlBool>> {
  const sample = JSON.stringify({ samples: [{ destination: target, port }] });
  if (target !== undefined) {
    // From the sightings of the target to the detections: even of the busiest one there are fewer than of all detections.
    const ofPort = port === undefined ? sql`` : sql`and sightings.port = ${port}`;
    return sql<SqlBool>`detections.id in (
      select id from detections where details @> ${sample}::jsonb
      union
      select id from sightings join detections on detections.source = sightings.source and ${during}
      where sightings.destination = ${target} ${ofPort})`;
  }
  const topPort = JSON.stringify({ topPorts: [{ port }] });
  const carried = sql`(details @> ${sample}::jsonb or details @> ${topPort}::jsonb)`;
  const seen = sql`exists (
    select from sightings where sightings.source = detections.source and sightings.port = ${port} and ${during})`;
  if (await isCommon(db, port!)) return sql<SqlBool>`(${carried} or ${seen})`;
  // A detection whose hours had no connection to the port at all needs no look at its sightings.
  return sql<SqlBool>`detections.id in (
    select id from detections where ${carried}
    union
    select id from detections where ${seen} and exists (
      select from sighting_hours
      where port = ${port} and hour between date_trunc('hour', first_seen, 'UTC') and last_seen + interval '1 hour'))`;
}

async function isCommon(db: Database, port: number): Promise<boolean> {
  const { rows } = await sql<{ sightings: number }>`
    select coalesce(sum(sightings), 0)::bigint as sightings from sighting_hours where port = ${port}`.execute(db);
  return rows[0]!.sightings > COMMON_SIGHTINGS;
}
