import { outcomeCode, type Sighting } from '@connscan/model';
import { bigints, type Column, inets, integers, jsonbs, smallints, timestamps, uuids } from './binary-column.ts';

/**
 * Sightings of one sensor, and the columns of `sightings` that they fill, in their order. The columns are made where rows are
 * read, while the store is busy with others: made in the transaction, they would keep it waiting for 2 µs a row.
 */
export type SightingBatch = { readonly rows: readonly Sighting[]; readonly columns: readonly Column[] };

export function createSightingBatch(agentId: string, rows: readonly Sighting[]): SightingBatch {
  return {
    rows,
    columns: [
      inets(rows.map(({ source }) => source)),
      inets(rows.map(({ destination }) => destination)),
      integers(rows.map(({ port }) => port)),
      smallints(rows.map(({ outcome }) => outcomeCode(outcome))),
      uuids(rows.length, agentId),
      timestamps(rows.map(({ firstSeenMs }) => firstSeenMs)),
      timestamps(rows.map(({ lastSeenMs }) => lastSeenMs)),
      bigints(rows.map(({ connections }) => connections)),
      jsonbs(rows.map(({ listener }) => listener)),
    ],
  };
}
