import { ConnscanError, problemsOf } from '@connscan/model';
import { batchSchema, decodeDetections, decodeLosses, decodeSightings, type Hello } from '@connscan/wire';
import type { Batch, BatchKey, BatchRows } from '../store/batch.ts';
import { createSightingBatch } from '../store/sighting-batch.ts';

const seqSchema = batchSchema.pick({ seq: true });

/** What names a batch as it was received; a text is the problem that leaves it without even a number to reject it by. */
export function readKey({ agentId, epoch }: Hello, received: unknown): BatchKey | string {
  const numbered = seqSchema.safeParse(received);
  if (!numbered.success) return `batch: ${problemsOf(numbered.error).join('; ')}`;
  return { agentId, epoch, seq: numbered.data.seq };
}

/** Decodes and checks the rows of a batch, or tells why they cannot be. */
export function readBatch(key: BatchKey, received: unknown): Batch {
  return { key, ...readRows(key, received) };
}

function readRows({ agentId }: BatchKey, received: unknown): BatchRows | { readonly problem: string } {
  const batch = batchSchema.safeParse(received);
  if (!batch.success) return { problem: problemsOf(batch.error).join('; ') };
  const { kind, payload } = batch.data;
  try {
    switch (kind) {
      case 'DETECTIONS':
        return { detections: decodeDetections(payload) };
      case 'SIGHTINGS':
        return { sightings: createSightingBatch(agentId, decodeSightings(payload)) };
      case 'LOSS':
        return { losses: decodeLosses(payload) };
    }
  } catch (error) {
    if (error instanceof ConnscanError) return { problem: error.message };
    throw error;
  }
}
