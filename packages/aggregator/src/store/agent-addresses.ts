import { sql } from 'kysely';
import type { Database } from './schema.ts';

/** Replaces the addresses of an agent's host. */
export async function saveAddresses(db: Database, agentId: string, addresses: readonly string[]): Promise<void> {
  await sql`
    with gone as (
      delete from agent_addresses where agent_id = ${agentId}::uuid and not address = any(${addresses}::inet[])
    )
    insert into agent_addresses select ${agentId}::uuid, address from unnest(${addresses}::inet[]) as address
    on conflict do nothing`.execute(db);
}

/** The addresses of each agent's host, in their order. */
export async function findAddresses(db: Database, agentIds: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ agent_id: string; addresses: string[] }>`
    select agent_id, array_agg(host(address) order by address) as addresses
    from agent_addresses
    where agent_id = any(${agentIds}::uuid[])
    group by agent_id`.execute(db);
  return new Map(rows.map(({ agent_id, addresses }) => [agent_id, addresses]));
}

/**
 * The agent on the host with each address. An agent that is gone for long leaves its address to another; where two that were
 * heard of within an hour have the same, as of a bridge that each host has, neither is taken.
 */
export async function findHosts(db: Database, addresses: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await sql<{ address: string; agent_id: string }>`
    select host(address) as address, min(agent_id::text) as agent_id
    from (
      select address, agent_id, last_seen, max(last_seen) over (partition by address) as latest
      from agent_addresses join agents on agents.id = agent_id
      where address = any(${addresses}::inet[])
    ) as told
    where last_seen > latest - interval '1 hour'
    group by address
    having count(*) = 1`.execute(db);
  return new Map(rows.map(({ address, agent_id }) => [address, agent_id]));
}
