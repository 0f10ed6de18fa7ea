import type { Logger } from '@connscan/program';
import type { Health } from '@connscan/wire';
import { sql } from 'kysely';
import type { Database } from '../store/schema.ts';
import { createFleet, type Fleet, type FleetOptions } from './create-fleet.ts';

const CHECK_MS = 1000;

/** The fleet as the store knows it, without agents that were revoked, watched until `stop`. */
export async function startFleet({
  db,
  onChange,
  log,
}: Pick<FleetOptions, 'onChange'> & { db: Database; log: Logger }) {
  const { rows: known } = await sql<{ id: string; health: Health | null }>`
    select id, health from agents left join identities on agent_id = id where revoked is null`.execute(db);
  const fleet: Fleet = createFleet({ known, steadyMs: () => performance.now(), wallMs: Date.now, onChange, log });
  const timer = setInterval(fleet.check, CHECK_MS);
  return { ...fleet, stop: async () => clearInterval(timer) };
}
