import type { Detection } from '@connscan/model';
import type { Loss } from '@connscan/wire';
import type { SightingBatch } from './sighting-batch.ts';

/** What names a batch for ever: delivered again under the same three, it has no second effect. */
export type BatchKey = { readonly agentId: string; readonly epoch: string; readonly seq: number };

export type BatchRows =
  | { readonly detections: readonly Detection[] }
  | { readonly sightings: SightingBatch }
  | { readonly losses: readonly Loss[] };

/** A batch as it was decoded, or why it never can be. */
export type Batch = { readonly key: BatchKey } & (BatchRows | { readonly problem: string });

export function countRows(batch: Batch): number {
  if ('detections' in batch) return batch.detections.length;
  if ('sightings' in batch) return batch.sightings.rows.length;
  return 'losses' in batch ? batch.losses.length : 0;
}
