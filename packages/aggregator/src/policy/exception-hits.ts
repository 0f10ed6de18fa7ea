import { sql } from 'kysely';
import type { Database } from '../store/schema.ts';

/** Connections that each exception took, by its name, as all agents together told last. */
export async function findExceptionHits(db: Database): Promise<Map<string, number>> {
  const { rows } = await sql<{ name: string; hits: number }>`
    select hit.key as name, sum(hit.value::bigint)::bigint as hits
    from agents, jsonb_each_text(health -> 'detector' -> 'exceptionHits') as hit
    where health is not null
    group by 1`.execute(db);
  return new Map(rows.map(({ name, hits }) => [name, hits]));
}
