import { sql } from 'kysely';
import type { Database, RolloutRow } from '../store/schema.ts';

/** A roll-out whose agents are watched. */
type WatchedRollout = Pick<RolloutRow, 'version' | 'stage_since'> & { readonly ids: readonly string[] };

/** Detections that began since the stage did and that any of its agents claims, as it began to claim them since then. */
export async function countRolloutDetections(
  db: Database,
  watched: readonly WatchedRollout[],
): Promise<Map<number, number>> {
  const members = watched.flatMap(({ version, ids }) => ids.map((id) => ({ version, id })));
  if (members.length === 0) return new Map();
  const { rows } = await sql<{ version: number; detections: number }>`
    with stages as (
      select * from unnest(
        ${watched.map(({ version }) => version)}::bigint[], ${watched.map((one) => one.stage_since)}::timestamptz[]
      ) as stage (version, since)
    ), members as (
      select * from unnest(
        ${members.map(({ version }) => version)}::bigint[], ${members.map(({ id }) => id)}::uuid[]
      ) as member (version, agent_id)
    )
    select stages.version, count(distinct detections.id)::bigint as detections
    from stages
    join detections on detections.started >= stages.since
    join detection_claims as claims on claims.detection_id = detections.id and claims.started >= stages.since
    join members on members.version = stages.version and members.agent_id = claims.agent_id
    group by stages.version`.execute(db);
  return new Map(rows.map(({ version, detections }) => [version, detections]));
}
