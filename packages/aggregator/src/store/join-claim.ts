import { sql } from 'kysely';
import type { Claim } from './claim-row.ts';
import type { DatabaseTransaction } from './schema.ts';

/**
 * How far apart two sensors' claims of one scan may be: a rollup period by its default, in seconds. What is open goes on for
 * as long at least.
 */
const APART_SECONDS = 300;

/**
 * The detection that a new claim is of: that of a claim by another claimant of the same source, at the same time. Where this
 * claimant has a claim already, its own word is that the two are different scans, unless another one saw both as one:
 * then nothing may lie between. Undefined if there is none.
 */
export async function findDetectionOf(db: DatabaseTransaction, claim: Claim): Promise<string | undefined> {
  const { agent_id, model, source, source_prefix_bits, first_seen, last_seen, ended } = claim;
  const apart = sql`make_interval(secs => ${APART_SECONDS})`;
  const { rows } = await sql<{ id: string }>`
    select detections.id
    from detections
    cross join lateral (
      select coalesce(bool_or(agent_id is not distinct from ${agent_id}::uuid), false) as has_own
      from detection_claims where detection_id = detections.id
    ) as claimants
    where model = ${model} and source = ${source} and source_prefix_bits is not distinct from ${source_prefix_bits}::integer
      and last_seen >= ${first_seen}::timestamptz - 2 * ${apart}
      and exists (
        select from detection_claims as other
        where other.detection_id = detections.id and other.agent_id is distinct from ${agent_id}::uuid
          and other.last_seen + case when other.ended is null then ${apart} else '0' end
            >= ${first_seen}::timestamptz - case when has_own then '0' else ${apart} end
          and other.first_seen <= ${last_seen}::timestamptz + case when ${ended}::timestamptz is null then ${apart} else '0' end
            + case when has_own then '0' else ${apart} end
      )
    order by started desc, detections.id
    limit 1`.execute(db);
  return rows[0]?.id;
}
