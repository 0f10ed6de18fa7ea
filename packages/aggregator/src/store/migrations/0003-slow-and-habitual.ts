import { type Kysely, sql } from 'kysely';

const statements = [
  // A detection of before has none of these: what its agent did not tell is unknown, and is no nought.
  `alter table detections add policy_hash text, add source_prefix_bits integer,
    add slow_services integer, add habitual_services integer`,
];

/** Slow scans, sources that are a whole /64, services left out as habitual, and the policy that a detection was judged by. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
