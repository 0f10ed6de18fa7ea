import { type AuditEntry, writeAudit } from '../identity/audit.ts';
import type { Database, DatabaseTransaction, RolloutRow } from '../store/schema.ts';

/** How far a roll-out may be, and what that means. */
export const ROLLOUT_STATES = {
  FORECASTING: 'The last day is replayed with the draft, to know how many detections to expect. It is for nobody yet.',
  RUNNING: 'It holds for a share of the agents, and is watched.',
  PAUSED: 'It stays where it is until somebody resumes it or rolls it back; `note` says why.',
  DONE: 'It holds for every agent that it fits.',
  ROLLED_BACK: 'Its document was withdrawn.',
} as const;
export type RolloutState = keyof typeof ROLLOUT_STATES;

/** Of those that may still go on. */
export const OPEN_STATES: readonly RolloutState[] = ['FORECASTING', 'RUNNING', 'PAUSED'];

export type NewRollout = Omit<RolloutRow, 'note' | 'stage' | 'state' | 'stage_since'>;

export type RolloutChange = Partial<
  Pick<RolloutRow, 'stage' | 'state' | 'note' | 'stage_since' | 'forecast_per_hour'>
> & {
  /** Of its document, in places. */
  readonly reach?: number;
};

type Audit = Pick<AuditEntry, 'actor' | 'action' | 'detail'>;

/** A roll-out that has reached nobody. */
export async function addRollout(
  transaction: DatabaseTransaction,
  { stages, ...rollout }: NewRollout,
  detail: AuditEntry['detail'],
): Promise<RolloutRow> {
  const { version, actor, created } = rollout;
  const row = await transaction
    .insertInto('rollouts')
    .values({
      ...{ ...rollout, stages: JSON.stringify(stages) },
      ...{ stage: 0, state: 'FORECASTING', note: '', stage_since: created },
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await writeAudit(transaction, { actor, action: 'ROLLOUT_STARTED', subject: `${version}`, ...(detail && { detail }) });
  return row;
}

/** Changes a roll-out, and the reach of its document with it, and writes down who did. */
export async function changeRollout(
  transaction: DatabaseTransaction,
  version: number,
  { reach, ...columns }: RolloutChange,
  audit: Audit,
): Promise<RolloutRow> {
  if (reach !== undefined) {
    await transaction.updateTable('policies').set({ reach }).where('version', '=', version).execute();
  }
  const row = await transaction
    .updateTable('rollouts')
    .set(columns)
    .where('version', '=', version)
    .returningAll()
    .executeTakeFirstOrThrow();
  await writeAudit(transaction, { ...audit, subject: `${version}` });
  return row;
}

/** Says what a running roll-out waits for; one that is not as it was seen keeps its own note. */
export async function noteRollout(db: Database, { version, stage, state }: RolloutRow, note: string): Promise<void> {
  await db
    .updateTable('rollouts')
    .set({ note })
    .where('version', '=', version)
    .where('stage', '=', stage)
    .where('state', '=', state)
    .execute();
}

/** Roll-outs in some states, or all, the latest document first. */
export function findRollouts(db: Database, states?: readonly RolloutState[]): Promise<RolloutRow[]> {
  return db
    .selectFrom('rollouts')
    .selectAll()
    .$if(states !== undefined, (query) => query.where('state', 'in', states!))
    .orderBy('version', 'desc')
    .execute();
}

/** Roll-outs of some documents. */
export function findRolloutsOf(db: Database, versions: readonly number[]): Promise<RolloutRow[]> {
  return db
    .selectFrom('rollouts')
    .selectAll()
    .where('version', 'in', [...versions])
    .execute();
}
