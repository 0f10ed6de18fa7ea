import type { Detection, Sighting } from '@connscan/model';
import type { Loss } from '@connscan/wire';
import type { BatchKey } from '../src/store/batch.ts';
import { type Commit, commitBatches } from '../src/store/commit-batch.ts';
import type { Database } from '../src/store/schema.ts';
import { createSightingBatch } from '../src/store/sighting-batch.ts';

export type TestRows =
  | { readonly detections: readonly Detection[] }
  | { readonly sightings: readonly Sighting[] }
  | { readonly losses: readonly Loss[] };

/** Commits one batch by itself. */
export async function commitBatch(
  db: Database,
  key: BatchKey,
  rows: TestRows | { readonly problem: string },
): Promise<Commit> {
  const read = 'sightings' in rows ? { sightings: createSightingBatch(key.agentId, rows.sightings) } : rows;
  const [commit] = await commitBatches(db, [{ key, ...read }]);
  return commit!;
}
