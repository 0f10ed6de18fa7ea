import { sql } from 'kysely';
import type { Fleet } from '../fleet/create-fleet.ts';
import type { AgentPolicyRow, Database, Labels, RolloutRow } from '../store/schema.ts';
import { countRolloutDetections } from './count-rollout-detections.ts';
import type { DesiredPolicy, Policies } from './create-policies.ts';
import { placeOf } from './documents.ts';
import { findAgentPolicies } from './save-policies.ts';

/** How far the agents within reach of a roll-out have followed it; each of them is in one count. */
type Convergence = {
  readonly inReach: number;
  /** They work by it. */
  readonly applied: number;
  /** They are alive and not there yet. */
  readonly applying: number;
  /** They refused it. */
  readonly failed: number;
  /** Nothing is heard of them, and they did not tell that they work by it. */
  readonly silent: number;
};

/** A roll-out as it is at this moment. */
export type RolloutView = Convergence & {
  /** Agents that the document fits, within reach or not. */
  readonly fitting: number;
  /** How long the stage has been watched. */
  readonly elapsedMs: number;
  /** Of those that failed, the ones that told so since the stage began. */
  readonly failedSince: number;
  /** Detections since the stage began that agents within reach told; undefined of one that is not running or paused. */
  readonly detections: number | undefined;
  /** More of them pause it. Undefined where `detections` is. */
  readonly allowed: number | undefined;
};

/**
 * So many detections pause no stage, whatever the forecast: a forecast of next to none says little of a few minutes, and where two are
 * expected, chance alone brings more than five once in 60 stages.
 */
export const ALLOWED_ANYWAY = 5;

const HOUR_MS = 3_600_000;

export type RolloutSources = {
  readonly db: Database;
  readonly policies: Pick<Policies, 'all' | 'desiredOf'>;
  readonly fleet: Pick<Fleet, 'stateOf'>;
  /** Wall-clock time: a roll-out outlasts the aggregator. */
  readonly nowMs: () => number;
};

type Follower = { readonly id: string; readonly labels: Labels; readonly place: number };

/** Looks at roll-outs, by their version; so many queries for all of them together as for one. */
export async function lookAtRollouts(
  { db, policies, fleet, nowMs }: RolloutSources,
  rollouts: readonly RolloutRow[],
): Promise<Map<number, RolloutView>> {
  const [documents, agents] = await Promise.all([policies.all(), findFollowers(db)]);
  const known = rollouts.map((rollout) => {
    const { selector, reach, withdrawn } = documents.find(({ version }) => version === rollout.version)!;
    const fitting = agents.filter(({ labels }) => fits(selector, labels));
    const within = withdrawn === null ? fitting.filter(({ place }) => place < reach) : [];
    return { rollout, fitting: fitting.length, ids: within.map(({ id }) => id) };
  });
  const ids = [...new Set(known.flatMap((one) => one.ids))];
  const [desired, states, counts] = await Promise.all([
    policies.desiredOf(ids),
    ids.length > 0 ? findAgentPolicies(db, ids) : [],
    countRolloutDetections(
      db,
      known.filter(({ rollout }) => isWatched(rollout)).map(({ rollout, ids }) => ({ ...rollout, ids })),
    ),
  ]);
  const told = new Map(states.map((state) => [state.agent_id, state]));
  const viewOf = ({ rollout, fitting, ids: reached }: (typeof known)[number]): RolloutView => {
    const { version, stage_since } = rollout;
    // A newer document of the name takes its place when it is done.
    const ids = reached.filter((id) => desired.get(id)?.versions.includes(version) ?? true);
    const words = ids.map((id) => {
      const word = followingOf(version, desired.get(id), told.get(id));
      const { liveness = 'SILENT' } = fleet.stateOf(id) ?? {};
      return word === 'applying' && liveness === 'SILENT' ? 'silent' : word;
    });
    const count = (word: (typeof words)[number]) => words.filter((one) => one === word).length;
    const failedSince = ids.filter((id, at) => words[at] === 'failed' && told.get(id)!.since >= stage_since).length;
    const share = fitting === 0 ? 0 : ids.length / fitting;
    const elapsedMs = Math.max(0, nowMs() - stage_since.getTime());
    return {
      ...{ fitting, inReach: ids.length, failedSince, elapsedMs },
      ...{ applied: count('applied'), applying: count('applying'), failed: count('failed'), silent: count('silent') },
      detections: isWatched(rollout) ? (counts.get(version) ?? 0) : undefined,
      allowed: isWatched(rollout) ? allowedIn(rollout, share, elapsedMs) : undefined,
    };
  };
  return new Map(known.map((one) => [one.rollout.version, viewOf(one)]));
}

/** What the stage may have had until now: the factor times the forecast for the share that it has reached, or a few. */
function allowedIn({ factor, forecast_per_hour }: RolloutRow, share: number, elapsedMs: number): number {
  const expected = (forecast_per_hour ?? 0) * share * (elapsedMs / HOUR_MS);
  return Math.max(ALLOWED_ANYWAY, Math.floor(factor * expected));
}

/** Until there is a forecast there is nobody to watch. */
function isWatched({ state, forecast_per_hour }: RolloutRow): boolean {
  return (state === 'RUNNING' || state === 'PAUSED') && forecast_per_hour !== null;
}

/**
 * Where another document is the newest in force, agents had its version before this one reached them: there the hash tells. One that
 * bounds a policy tells a hash of its own.
 */
function followingOf(
  version: number,
  desired: DesiredPolicy | undefined,
  told: AgentPolicyRow | undefined,
): 'applied' | 'applying' | 'failed' {
  if (!desired || told?.told_version !== desired.version) return 'applying';
  if (told.progress === 'FAILED') return 'failed';
  const isSame = desired.version === version || told.hash === desired.hash || told.notes.length > 0;
  return told.progress === 'APPLIED' && isSame ? 'applied' : 'applying';
}

/** Agents that were ever heard of and are not revoked; those without an identity have no labels. */
async function findFollowers(db: Database): Promise<Follower[]> {
  const { rows } = await sql<{ id: string; labels: Labels }>`
    select id, coalesce(labels, '{}'::jsonb) as labels
    from agents left join identities on agent_id = id
    where revoked is null`.execute(db);
  return rows.map(({ id, labels }) => ({ id, labels, place: placeOf(id) }));
}

function fits(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}
