import { type BatchKey, type BatchRows, type Commit, commitBatches } from '../src/store/commit-batch.ts';
import type { Database } from '../src/store/schema.ts';

/** Commits one batch by itself. */
export async function commitBatch(
  db: Database,
  key: BatchKey,
  rows: BatchRows | { readonly problem: string },
): Promise<Commit> {
  const [commit] = await commitBatches(db, [{ key, ...rows }]);
  return commit!;
}
