import { type Kysely, sql } from 'kysely';

const statements = [
  'create index detections_last_seen on detections (last_seen desc, id)',
  `create index detections_severity on detections
    ((case severity when 'high' then 2 when 'medium' then 1 else 0 end) desc, started desc, id)`,
  'create index detections_agents on detections using gin (agent_ids)',
];

/** Pages of detections by other orders than their start, and of one agent. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
