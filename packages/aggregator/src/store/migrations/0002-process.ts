import { type Kysely, sql } from 'kysely';

const statements = [
  // Columns of their own and not details, whose index would hold every path and argument. The revision is that of the
  // alert which told them.
  'alter table detections add process jsonb, add snapshot jsonb, add process_revision integer',
  // With when it was last seen listening, so that the order in which sightings come does not matter.
  'alter table sightings add listener jsonb, add listener_seen timestamptz(3)',
];

/** Who scanned, and who was listening. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
