import type { Listener } from '@connscan/model';
import { sql } from 'kysely';
import type { Database } from './schema.ts';

/** A service as one source touched it: the beginning of the key of its sightings. */
export type TouchedService = { readonly source: string; readonly destination: string; readonly port: number };

/** Who listens at each service, in their order, the one seen last; null if none is known. */
export async function findListeners(db: Database, services: readonly TouchedService[]): Promise<(Listener | null)[]> {
  const { rows } = await sql<{ listener: Listener | null }>`
    select (
      select listener from sightings
      where sightings.source = service.source and sightings.destination = service.destination
        and sightings.port = service.port and listener is not null
      order by listener_seen desc
      limit 1
    ) as listener
    from unnest(
      ${services.map(({ source }) => source)}::inet[],
      ${services.map(({ destination }) => destination)}::inet[],
      ${services.map(({ port }) => port)}::integer[]
    ) with ordinality as service (source, destination, port, place)
    order by place`.execute(db);
  return rows.map(({ listener }) => listener);
}
