import type { Health, Hello } from '@connscan/wire';
import { sql } from 'kysely';
import { saveAddresses } from './agent-addresses.ts';
import type { Database } from './schema.ts';

/** Records what an agent says of itself when it opens a session. */
export async function saveHello(db: Database, hello: Hello): Promise<void> {
  const { agentId, epoch, version, hostname, kernel, addresses } = hello;
  await sql`
    insert into agents (id, epoch, version, hostname, kernel, first_seen, last_seen)
    values (${agentId}, ${epoch}, ${version}, ${hostname}, ${kernel}, now(), now())
    on conflict (id) do update set
      epoch = excluded.epoch, version = excluded.version, hostname = excluded.hostname, kernel = excluded.kernel,
      last_seen = excluded.last_seen`.execute(db);
  await saveAddresses(db, agentId, addresses);
}

/** Replaces the last health of an agent that has said Hello. */
export async function saveHealth(db: Database, agentId: string, health: Health): Promise<void> {
  await sql`
    update agents set health = ${JSON.stringify(health)}::jsonb, last_seen = now() where id = ${agentId}`.execute(db);
}
