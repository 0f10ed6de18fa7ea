import type { X509Certificate } from 'node:crypto';
import { sql } from 'kysely';
import type { CloneEnd, Database, DatabaseTransaction, IdentityRow } from '../store/schema.ts';
import { writeAudit, writeAuditOnceAMinute } from './audit.ts';
import { takeEnrollToken } from './enroll-tokens.ts';

/** Certificates of agents live so long, in milliseconds; agents renew them at two thirds of it. */
const CERTIFICATE_MS = 30 * 86_400_000;

/** An agent renews its certificate no sooner than this after the last time, in milliseconds. */
const RENEWAL_PAUSE_MS = 60_000;

type Sign = (agentId: string, expires: Date) => Promise<X509Certificate>;

export type Enrollment = {
  readonly token: string;
  /** UUID that the agent gets. */
  readonly agentId: string;
  readonly hostname: string;
  readonly nowMs: number;
  readonly sign: Sign;
};

/** Makes an identity out of one use of a token; else says why not. The labels are those of the token. */
export function enrollAgent(
  db: Database,
  { token, agentId, hostname, nowMs, sign }: Enrollment,
): Promise<X509Certificate | { readonly problem: string }> {
  return db.transaction().execute(async (transaction) => {
    const taken = await takeEnrollToken(transaction, token, nowMs);
    if ('problem' in taken) return taken;
    const { id, labels } = taken;
    const [now, expires] = [new Date(nowMs), new Date(nowMs + CERTIFICATE_MS)];
    await sql`
      insert into identities (agent_id, token_id, hostname, labels, enrolled, renewed, certificate_expires)
      values (${agentId}, ${id}, ${hostname}, ${JSON.stringify(labels)}::jsonb, ${now}, ${now}, ${expires})
    `.execute(transaction);
    const detail = { hostname, labels, expires };
    await writeAudit(transaction, { actor: `token ${id}`, action: 'AGENT_ENROLLED', subject: agentId, detail });
    // Within the transaction: no use is taken for a certificate that nobody got.
    return sign(agentId, expires);
  });
}

/** Gives a standing identity another certificate; else says why not. The former one holds until it expires. */
export function renewAgent(
  db: Database,
  { agentId, nowMs, sign }: Pick<Enrollment, 'agentId' | 'nowMs' | 'sign'>,
): Promise<X509Certificate | { readonly problem: string }> {
  return db.transaction().execute(async (transaction) => {
    const standing = await readStanding(transaction, agentId, true);
    if ('problem' in standing) return standing;
    const { enrolled, renewed } = standing;
    if (renewed > enrolled && nowMs - renewed.getTime() < RENEWAL_PAUSE_MS) {
      return { problem: 'renewed less than a minute ago' };
    }
    const [now, expires] = [new Date(nowMs), new Date(nowMs + CERTIFICATE_MS)];
    await sql`
      update identities set renewed = ${now}, certificate_expires = ${expires} where agent_id = ${agentId}
    `.execute(transaction);
    const entry = { actor: `agent ${agentId}`, action: 'CERTIFICATE_RENEWED', subject: agentId } as const;
    await writeAudit(transaction, { ...entry, detail: { expires } });
    return sign(agentId, expires);
  });
}

/** When the identity was made and last renewed; the problem if it is not, or no longer, one of this aggregator. */
export async function readStanding(
  db: Database | DatabaseTransaction,
  agentId: string,
  lock = false,
): Promise<Pick<IdentityRow, 'enrolled' | 'renewed'> | { readonly problem: string }> {
  const { rows } = await sql<Pick<IdentityRow, 'enrolled' | 'renewed' | 'revoked'>>`
    select enrolled, renewed, revoked from identities where agent_id = ${agentId} ${lock ? sql`for update` : sql``}`.execute(
    db,
  );
  const [row] = rows;
  if (!row) return { problem: `agent ${agentId} is not enrolled here` };
  if (row.revoked) return { problem: `agent ${agentId} was revoked at ${row.revoked.toISOString()}` };
  return row;
}

/** Takes an identity back for ever. Undefined if there is none of this id. */
export function revokeAgent(db: Database, agentId: string, actor: string): Promise<IdentityRow | undefined> {
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<IdentityRow & { readonly was: Date | null }>`
      update identities set revoked = coalesce(identities.revoked, now())
      from (select agent_id, revoked as was from identities where agent_id = ${agentId} for update) as former
      where identities.agent_id = former.agent_id
      returning identities.*, former.was`.execute(transaction);
    const [row] = rows;
    if (row && !row.was) {
      await writeAudit(transaction, { actor, action: 'AGENT_REVOKED', subject: agentId });
    }
    return row;
  });
}

/** The identities of these agents, without those that have none. */
export function findIdentities(db: Database, agentIds: readonly string[]): Promise<IdentityRow[]> {
  return db.selectFrom('identities').selectAll().where('agent_id', '=', sql<string>`any(${agentIds})`).execute();
}

/** Those of the agents whose identity does not stand. */
export async function findFallen(db: Database, agentIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ agent_id: string }>`
    select agent_id from unnest(${agentIds}::uuid[]) as open (agent_id)
    where not exists (select from identities where identities.agent_id = open.agent_id and revoked is null)`.execute(
    db,
  );
  return rows.map(({ agent_id }) => agent_id);
}

/** Marks an agent as cloned, with the two that were alive at the same time. */
export async function saveClone(db: Database, agentId: string, ends: readonly CloneEnd[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`
      update agents set clone_detected = now(), clone_ends = ${JSON.stringify(ends)}::jsonb where id = ${agentId}
    `.execute(transaction);
    const entry = { actor: `agent ${agentId}`, action: 'AGENT_CLONED', subject: agentId } as const;
    await writeAuditOnceAMinute(transaction, { ...entry, detail: { ends } });
  });
}
