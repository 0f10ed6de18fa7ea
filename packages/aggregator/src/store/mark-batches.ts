import { sql } from 'kysely';
import { type Batch, countRows } from './batch.ts';
import type { DatabaseTransaction } from './schema.ts';

/** Marks batches as written, or as rejected, and counts them; tells which were not marked before, in their order. */
export async function markBatches(db: DatabaseTransaction, batches: readonly Batch[]): Promise<boolean[]> {
  const { rows } = await sql<{ places: number[] }>`
    with told as (
      select agent_id, epoch, seq, place, row_count, reject_reason
      from unnest(
        ${batches.map(({ key }) => key.agentId)}::uuid[],
        ${batches.map(({ key }) => key.epoch)}::uuid[],
        ${batches.map(({ key }) => key.seq)}::bigint[],
        ${batches.map(countRows)}::integer[],
        ${batches.map((batch) => ('problem' in batch ? batch.problem : null))}::text[]
      ) with ordinality as told (agent_id, epoch, seq, row_count, reject_reason, place)
    ), fresh as (
      insert into batches (agent_id, epoch, seq, row_count, reject_reason, committed)
      select agent_id, epoch, seq, row_count, reject_reason, now() from told order by place
      on conflict do nothing
      returning *
    ), counted as (
      insert into epochs (agent_id, epoch, highest_seq, batches, rejected, last_batch)
      select agent_id, epoch, max(seq), count(*), count(reject_reason), max(committed)
      from fresh group by agent_id, epoch order by agent_id, epoch
      on conflict (agent_id, epoch) do update set
        highest_seq = greatest(epochs.highest_seq, excluded.highest_seq),
        batches = epochs.batches + excluded.batches,
        rejected = epochs.rejected + excluded.rejected,
        last_batch = excluded.last_batch
    )
    select coalesce(array_agg(place), '{}') as places from (
      select min(place)::integer as place from told join fresh using (agent_id, epoch, seq) group by agent_id, epoch, seq
    ) as first`.execute(db);
  const places = new Set(rows[0]!.places);
  return batches.map((_, at) => places.has(at + 1));
}
