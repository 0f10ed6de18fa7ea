import type { PolicyState } from '@connscan/wire';
import { sql } from 'kysely';
import { writeAudit } from '../identity/audit.ts';
import type { AgentPolicyRow, Database, Labels, PolicyRow } from '../store/schema.ts';

export type NewPolicy = Pick<PolicyRow, 'name' | 'selector' | 'document' | 'reason' | 'actor' | 'reach' | 'weakens'>;

/** Adds a document with the next version, which no other ever has. */
export function addPolicy(db: Database, policy: NewPolicy): Promise<PolicyRow> {
  const { name, selector, document, reason, actor, reach, weakens } = policy;
  return db.transaction().execute(async (transaction) => {
    await sql`lock table policies in exclusive mode`.execute(transaction);
    const { rows } = await sql<PolicyRow>`
      insert into policies (version, name, selector, document, reason, actor, created, reach, weakens)
      select coalesce(max(version), 0) + 1, ${name}, ${JSON.stringify(selector)}::jsonb, ${JSON.stringify(document)}::jsonb,
        ${reason}, ${actor}, now(), ${reach}, ${JSON.stringify(weakens)}::jsonb
      from policies
      returning *`.execute(transaction);
    const row = rows[0]!;
    const entry = { actor, action: 'POLICY_SET', subject: `${row.version}` } as const;
    const isDraft = reach === 0;
    await writeAudit(transaction, {
      ...entry,
      detail: { name, selector, reason, weakens, ...(isDraft && { isDraft }) },
    });
    return row;
  });
}

export type Withdrawal = {
  /** Those above it, or with `only` that one alone. */
  readonly version: number;
  readonly only?: boolean;
  readonly reason: string;
  readonly actor: string;
  readonly weakens: readonly string[];
};

/** Withdraws documents; returns how many. */
export function withdraw(db: Database, { version, only = false, reason, actor, weakens }: Withdrawal): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    const which = only ? sql`version = ${version}` : sql`version > ${version}`;
    const { rows } = await sql<{ version: number }>`
      update policies set withdrawn = now() where ${which} and withdrawn is null returning version
    `.execute(transaction);
    const withdrawn = rows.map((row) => row.version).sort((a, b) => a - b);
    await sql`
      update rollouts set state = 'ROLLED_BACK', note = ${reason}
      where version = any(${withdrawn}::bigint[])`.execute(transaction);
    const action = only ? 'ROLLOUT_ROLLED_BACK' : 'POLICY_ROLLED_BACK';
    const entry = { actor, action, subject: `${version}` } as const;
    await writeAudit(transaction, { ...entry, detail: { withdrawn, reason, weakens } });
    return withdrawn.length;
  });
}

/** Every document, the latest first. */
export function findPolicies(db: Database): Promise<PolicyRow[]> {
  return db.selectFrom('policies').selectAll().orderBy('version', 'desc').execute();
}

/** The labels of agents that have some. */
export async function findLabels(db: Database, agentIds: readonly string[]): Promise<Map<string, Labels>> {
  if (agentIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('identities')
    .select(['agent_id', 'labels'])
    .where('agent_id', 'in', [...agentIds])
    .execute();
  return new Map(rows.map(({ agent_id, labels }) => [agent_id, labels]));
}

/** Every set of labels that an agent has. */
export async function findLabelSets(db: Database): Promise<Labels[]> {
  const rows = await db.selectFrom('identities').select('labels').distinct().execute();
  return rows.map(({ labels }) => labels);
}

export function findAgentPolicies(db: Database, agentIds: readonly string[]): Promise<AgentPolicyRow[]> {
  return db
    .selectFrom('agent_policies')
    .selectAll()
    .where('agent_id', 'in', [...agentIds])
    .execute();
}

/** Notes what an agent's Hello says is in force. */
export async function saveInForce(db: Database, agentId: string, version: number, hash: string): Promise<void> {
  await sql`
    insert into agent_policies (agent_id, version, hash, told_version, progress, notes, since)
    values (${agentId}, ${version}, ${hash}, ${version}, 'APPLIED', '[]'::jsonb, now())
    on conflict (agent_id) do update set version = excluded.version, hash = excluded.hash`.execute(db);
}

/** Notes what an agent tells of a policy; `inForce` is the version that it works by then. */
export async function savePolicyState(
  db: Database,
  agentId: string,
  { version, hash, progress, notes }: PolicyState,
  inForce: number,
): Promise<void> {
  const list = JSON.stringify(notes);
  await sql`
    update agent_policies set version = ${inForce}, hash = ${hash}, told_version = ${version}, progress = ${progress},
      notes = ${list}::jsonb,
      since = case when (told_version, progress, notes) = (${version}, ${progress}, ${list}::jsonb) then since else now() end
    where agent_id = ${agentId}`.execute(db);
}

/** Agents that have all of these labels. */
export async function findAgentIds(db: Database, labels: Labels): Promise<string[]> {
  const { rows } = await sql<{ agent_id: string }>`
    select agent_id from identities where labels @> ${JSON.stringify(labels)}::jsonb order by agent_id`.execute(db);
  return rows.map(({ agent_id }) => agent_id);
}
