import type { Detection, Sighting } from '@connscan/model';
import type { Loss } from '@connscan/wire';
import { sql } from 'kysely';
import { toDetectionRow } from './detection-row.ts';
import { saveDetections } from './save-detections.ts';
import { saveLosses } from './save-losses.ts';
import { saveSightings } from './save-sightings.ts';
import type { Database, DatabaseTransaction, DetectionRow } from './schema.ts';
import { unstorableReason } from './unstorable-reason.ts';

/** What names a batch for ever: delivered again under the same three, it has no second effect. */
export type BatchKey = { readonly agentId: string; readonly epoch: string; readonly seq: number };

/** A reason may quote what was sent, which may be a megabyte. */
const MAX_REASON_LENGTH = 500;

export type BatchRows =
  | { readonly detections: readonly Detection[] }
  | { readonly sightings: readonly Sighting[] }
  | { readonly losses: readonly Loss[] };

export type Commit =
  | { readonly state: 'committed'; readonly alerts: readonly DetectionRow[] }
  | { readonly state: 'duplicate' }
  | { readonly state: 'rejected'; readonly reason: string };

/**
 * Writes a batch and the mark that it was written, both or neither. Returns the alerts that nobody told before.
 * Rejects only for failures of the store: then nothing was written, and the batch may be sent again.
 */
export async function commitBatch(db: Database, key: BatchKey, rows: BatchRows): Promise<Commit> {
  try {
    return await db.transaction().execute((transaction) => writeBatch(transaction, key, rows));
  } catch (error) {
    const reason = unstorableReason(error);
    if (reason === undefined) throw error;
    return rejectBatch(db, key, reason);
  }
}

/** Marks a batch that can never be written, so that it is counted, acknowledged and not sent again. */
export async function rejectBatch(db: Database, key: BatchKey, reason: string): Promise<Commit> {
  const told = reason.replaceAll('\0', '').slice(0, MAX_REASON_LENGTH);
  await markBatch(db, key, 0, told);
  return { state: 'rejected', reason: told };
}

async function writeBatch(db: DatabaseTransaction, key: BatchKey, rows: BatchRows): Promise<Commit> {
  const [all] = Object.values(rows);
  const rowCount = all.length;
  if (!(await markBatch(db, key, rowCount, null))) return { state: 'duplicate' };
  if (rowCount === 0) return { state: 'committed', alerts: [] };
  if ('detections' in rows) {
    const alerts = rows.detections.map((alert) => toDetectionRow(key.agentId, alert));
    return { state: 'committed', alerts: await saveDetections(db, key.agentId, alerts) };
  }
  if ('sightings' in rows) await saveSightings(db, key.agentId, rows.sightings);
  else await saveLosses(db, key, rows.losses);
  return { state: 'committed', alerts: [] };
}

/** False if the batch is marked already. */
async function markBatch(db: Database, key: BatchKey, rowCount: number, rejectReason: string | null): Promise<boolean> {
  const { agentId, epoch, seq } = key;
  const { rows } = await sql`
    with batch as (
      insert into batches (agent_id, epoch, seq, row_count, reject_reason, committed)
      values (${agentId}, ${epoch}, ${seq}, ${rowCount}, ${rejectReason}, now())
      on conflict do nothing
      returning *
    )
    insert into epochs (agent_id, epoch, highest_seq, batches, rejected, last_batch)
    select agent_id, epoch, seq, 1, (reject_reason is not null)::integer, committed from batch
    on conflict (agent_id, epoch) do update set
      highest_seq = greatest(epochs.highest_seq, excluded.highest_seq),
      batches = epochs.batches + 1,
      rejected = epochs.rejected + excluded.rejected,
      last_batch = excluded.last_batch
    returning highest_seq`.execute(db);
  return rows.length > 0;
}
