import type { Health } from '@connscan/wire';
import { sql } from 'kysely';
import type { CloneEnd, Database } from './schema.ts';

export type AgentRow = {
  readonly id: string;
  readonly epoch: string;
  readonly version: string;
  readonly hostname: string;
  readonly kernel: string;
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly health: Health | null;
  readonly batches: number;
  readonly rejected: number;
  readonly lost: number;
  readonly gaps: number;
  readonly clone_detected: Date | null;
  readonly clone_ends: readonly CloneEnd[] | null;
};

/** Every agent by host name or, with ids, those of them that are known; counts are those of the current epoch. */
export async function findAgents(db: Database, ids?: readonly string[]): Promise<AgentRow[]> {
  const { rows } = await sql<AgentRow>`
    select id, agents.epoch, version, hostname, kernel, first_seen, greatest(last_seen, last_batch) as last_seen, health,
      coalesce(batches, 0) as batches, coalesce(rejected, 0) as rejected, coalesce(lost, 0) as lost,
      coalesce(highest_seq - batches - lost, 0) as gaps, clone_detected, clone_ends
    from agents left join epochs on epochs.agent_id = agents.id and epochs.epoch = agents.epoch
    where ${ids ?? null}::uuid[] is null or id = any(${ids ?? null}::uuid[])
    order by hostname, id`.execute(db);
  return rows;
}
