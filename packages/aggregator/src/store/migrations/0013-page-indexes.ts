import { type Kysely, sql } from 'kysely';

const statements = [
  // Few are, and the latest of them may have begun long ago.
  'create index detections_open on detections (started desc, id) where ended is null',
  // So rare that it costs nothing: those whose sightings are not near their start.
  `create index detections_long on detections (started)
    where last_seen - started > interval '2 hours' or started - first_seen > interval '2 hours'`,
  'drop index sightings_last_seen',
  // In which of the blocks a port may be: one that few blocks have is found with no index by port, which costs each row 5 µs.
  // Blocks are written when the table is vacuumed, not when rows come. Of 16 pages a block has some 1,300 rows.
  `create index sightings_last_seen on sightings
    using brin (last_seen, port int4_bloom_ops (false_positive_rate = 0.001)) with (pages_per_range = 16)`,
];

/** Pages of the detections that are open, or that touched a target or a port. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
