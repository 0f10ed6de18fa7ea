import type { Listener } from '@connscan/model';
import { sql } from 'kysely';
import type { Database } from './schema.ts';
import { TOLD_WITHIN_MS } from './told-within.ts';

/** A service as one source touched it, and when. */
export type TouchedService = {
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
};

/**
 * Who listened at each service when it was touched, in their order, the one seen last; null if no sensor told.
 * That all of them are within a time spares a look at the partitions of all other days.
 */
export async function findListeners(db: Database, services: readonly TouchedService[]): Promise<(Listener | null)[]> {
  const [since, until] = [
    Math.min(...services.map(({ firstSeenMs }) => firstSeenMs)) - TOLD_WITHIN_MS,
    Math.max(...services.map(({ lastSeenMs }) => lastSeenMs)) + TOLD_WITHIN_MS,
  ];
  const { rows } = await sql<{ listener: Listener | null }>`
    select (
      select listener from sightings
      where sightings.source = service.source and sightings.destination = service.destination
        and sightings.port = service.port and listener is not null
        and sightings.last_seen between to_timestamp(service.first_ms / 1000) and to_timestamp(service.last_ms / 1000)
        and sightings.last_seen between ${new Date(since)} and ${new Date(until)}
      order by sightings.last_seen desc
      limit 1
    ) as listener
    from unnest(
      ${services.map(({ source }) => source)}::inet[],
      ${services.map(({ destination }) => destination)}::inet[],
      ${services.map(({ port }) => port)}::integer[],
      ${services.map(({ firstSeenMs }) => firstSeenMs - TOLD_WITHIN_MS)}::double precision[],
      ${services.map(({ lastSeenMs }) => lastSeenMs + TOLD_WITHIN_MS)}::double precision[]
    ) with ordinality as service (source, destination, port, first_ms, last_ms, place)
    order by place`.execute(db);
  return rows.map(({ listener }) => listener);
}
