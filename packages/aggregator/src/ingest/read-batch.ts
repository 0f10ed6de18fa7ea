import { ConnscanError, problemsOf } from '@connscan/model';
import { batchSchema, decodeDetections, decodeLosses, decodeSightings, type Hello } from '@connscan/wire';
import type { Batch, BatchRows } from '../store/commit-batch.ts';

const seqSchema = batchSchema.pick({ seq: true });

/** Decodes and checks a batch as it was received; a text is the problem that leaves it without even a number to reject it by. */
export function readBatch({ agentId, epoch }: Hello, received: unknown): Batch | string {
  const numbered = seqSchema.safeParse(received);
  if (!numbered.success) return `batch: ${problemsOf(numbered.error).join('; ')}`;
  return { key: { agentId, epoch, seq: numbered.data.seq }, ...readRows(received) };
}

function readRows(received: unknown): BatchRows | { readonly problem: string } {
  const batch = batchSchema.safeParse(received);
  if (!batch.success) return { problem: problemsOf(batch.error).join('; ') };
  const { kind, payload } = batch.data;
  try {
    switch (kind) {
      case 'DETECTIONS':
        return { detections: decodeDetections(payload) };
      case 'SIGHTINGS':
        return { sightings: decodeSightings(payload) };
      case 'LOSS':
        return { losses: decodeLosses(payload) };
    }
  } catch (error) {
    if (error instanceof ConnscanError) return { problem: error.message };
    throw error;
  }
}
