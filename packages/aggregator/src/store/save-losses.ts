import type { Loss } from '@connscan/wire';
import { sql } from 'kysely';
import type { BatchKey } from './batch.ts';
import type { DatabaseTransaction } from './schema.ts';

/**
 * Adds what an agent has lost to the count of its epoch. A batch that had been committed before the agent lost it, as its
 * acknowledgement never arrived, is not lost.
 */
export async function saveLosses(db: DatabaseTransaction, key: BatchKey, losses: readonly Loss[]): Promise<void> {
  const { agentId, epoch } = key;
  for (const { from, through, batches } of losses) {
    await sql`
      update epochs set lost = lost + least(${batches}::bigint, ${through - from + 1}::bigint - (
        select count(*) from batches
        where agent_id = ${agentId} and epoch = ${epoch} and seq between ${from} and ${through}))
      where agent_id = ${agentId} and epoch = ${epoch}`.execute(db);
  }
}
