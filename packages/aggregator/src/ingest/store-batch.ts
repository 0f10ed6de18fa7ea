import { ConnscanError, problemsOf } from '@connscan/model';
import { type Batch, batchSchema, decodeDetections, decodeLosses, decodeSightings, type Hello } from '@connscan/wire';
import { type BatchRows, type Commit, commitBatch, rejectBatch } from '../store/commit-batch.ts';
import type { Database } from '../store/schema.ts';

/** What became of a batch, or the problem that leaves it without even a number to reject it by. */
export type BatchOutcome = (Commit & { readonly seq: number }) | { readonly problem: string };

const seqSchema = batchSchema.pick({ seq: true });

/** Decodes, checks and commits a batch as it was received; throws only if the store fails. */
export async function storeBatch(db: Database, { agentId, epoch }: Hello, received: unknown): Promise<BatchOutcome> {
  const numbered = seqSchema.safeParse(received);
  if (!numbered.success) return { problem: `batch: ${problemsOf(numbered.error).join('; ')}` };
  const { seq } = numbered.data;
  const rows = readRows(received);
  const key = { agentId, epoch, seq };
  const commit = 'problem' in rows ? await rejectBatch(db, key, rows.problem) : await commitBatch(db, key, rows);
  return { ...commit, seq };
}

function readRows(received: unknown): BatchRows | { readonly problem: string } {
  const batch = batchSchema.safeParse(received);
  if (!batch.success) return { problem: problemsOf(batch.error).join('; ') };
  try {
    return decodeRows(batch.data);
  } catch (error) {
    if (error instanceof ConnscanError) return { problem: error.message };
    throw error;
  }
}

function decodeRows({ kind, payload }: Batch): BatchRows {
  switch (kind) {
    case 'DETECTIONS':
      return { detections: decodeDetections(payload) };
    case 'SIGHTINGS':
      return { sightings: decodeSightings(payload) };
    case 'LOSS':
      return { losses: decodeLosses(payload) };
  }
}
