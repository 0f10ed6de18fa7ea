import type { Sighting } from '@connscan/model';
import type { Batch } from './batch.ts';
import { markBatches } from './mark-batches.ts';
import { lockScans, saveClaims } from './save-claims.ts';
import { saveLosses } from './save-losses.ts';
import { saveSightings } from './save-sightings.ts';
import type { Database, DatabaseTransaction, DetectionRow } from './schema.ts';
import { unstorableReason } from './unstorable-reason.ts';

/** A reason may quote what was sent, which may be a megabyte. */
const MAX_REASON_LENGTH = 500;

/** What became of a batch: `alerts` are those that nobody told before, `sightings` those that are now in the history. */
export type Commit =
  | { readonly state: 'committed'; readonly alerts: readonly DetectionRow[]; readonly sightings: readonly Sighting[] }
  | { readonly state: 'duplicate' }
  | { readonly state: 'rejected'; readonly reason: string };

/**
 * Writes batches, and the marks that they were written, all or none; tells what became of each, in their order. One that
 * can never be written is marked as rejected, so that it is counted, acknowledged and not sent again: it is found by
 * halves, which is 12 transactions for one of 40. Rejects only for failures of the store: then the batches may be sent again,
 * and what was written has no second effect.
 */
export async function commitBatches(db: Database, batches: readonly Batch[]): Promise<Commit[]> {
  try {
    return await db.transaction().execute((transaction) => writeBatches(transaction, batches));
  } catch (error) {
    const reason = unstorableReason(error);
    if (reason === undefined) throw error;
    if (batches.length === 1) return commitBatches(db, [{ key: batches[0]!.key, problem: reason }]);
    const half = batches.length >> 1;
    return [...(await commitBatches(db, batches.slice(0, half))), ...(await commitBatches(db, batches.slice(half)))];
  }
}

async function writeBatches(db: DatabaseTransaction, told: readonly Batch[]): Promise<Commit[]> {
  const batches = told.map((batch) => ('problem' in batch ? { ...batch, problem: shortened(batch.problem) } : batch));
  const fresh = await markBatches(db, batches);
  await saveSightings(
    db,
    batches.flatMap((batch, at) => (fresh[at] && 'sightings' in batch ? batch.sightings : [])),
  );
  await lockScans(
    db,
    batches.flatMap((batch) => ('detections' in batch ? batch.detections : [])),
  );
  const commits: Commit[] = [];
  for (const [at, batch] of batches.entries()) {
    commits.push(fresh[at] ? await finishBatch(db, batch) : { state: 'duplicate' });
  }
  return commits;
}

async function finishBatch(db: DatabaseTransaction, batch: Batch): Promise<Commit> {
  const nothing = { state: 'committed', alerts: [], sightings: [] } as const;
  if ('problem' in batch) return { state: 'rejected', reason: batch.problem };
  if ('sightings' in batch) return { ...nothing, sightings: batch.sightings.rows };
  if ('detections' in batch) return { ...nothing, alerts: await saveClaims(db, batch.key.agentId, batch.detections) };
  await saveLosses(db, batch.key, batch.losses);
  return nothing;
}

function shortened(reason: string): string {
  return reason.replaceAll('\0', '').slice(0, MAX_REASON_LENGTH);
}
