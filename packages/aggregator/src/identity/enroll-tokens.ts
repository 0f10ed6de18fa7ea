import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { decodeEnrollToken, encodeEnrollToken } from '@connscan/wire';
import { sql } from 'kysely';
import { type Creation, newestFirst } from '../store/newest-first.ts';
import type { Page } from '../store/page.ts';
import type { Database, DatabaseTransaction, EnrollTokenRow, Labels } from '../store/schema.ts';
import { writeAudit, writeAuditOnceAMinute } from './audit.ts';

/** Whoever knows the id of a token and guesses at its secret revokes it with this many guesses. */
const MAX_FAILURES = 10;

export type NewEnrollToken = {
  readonly labels: Labels;
  readonly maxUses: number;
  readonly expires: Date;
  /** Who makes it. */
  readonly actor: string;
};

/** Makes a token that pins the authority. Its text is given here and never again: only a hash of the secret is kept. */
export async function createEnrollToken(
  db: Database,
  authority: Uint8Array,
  { labels, maxUses, expires, actor }: NewEnrollToken,
): Promise<{ readonly row: EnrollTokenRow; readonly text: string }> {
  const id = randomUUID();
  const secret = randomBytes(32);
  const row = await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<EnrollTokenRow>`
      insert into enroll_tokens (id, secret_hash, labels, max_uses, created, expires)
      values (${id}, ${hashOf(secret)}, ${JSON.stringify(labels)}::jsonb, ${maxUses}, now(), ${expires})
      returning *`.execute(transaction);
    await writeAudit(transaction, {
      actor,
      action: 'ENROLL_TOKEN_CREATED',
      subject: id,
      detail: { labels, maxUses, expires },
    });
    return rows[0]!;
  });
  return { row, text: encodeEnrollToken({ id: bytesOf(id), secret, authority }) };
}

/** One page of the tokens, the latest first. */
export async function findEnrollTokens(db: Database, page: Page<Creation>): Promise<EnrollTokenRow[]> {
  const { rows } = await sql<EnrollTokenRow>`select * from enroll_tokens where ${newestFirst(page)}`.execute(db);
  return rows;
}

/** Ends a token; what was enrolled with it stays. Undefined if there is none of this id. */
export function revokeEnrollToken(db: Database, id: string, actor: string): Promise<EnrollTokenRow | undefined> {
  return db.transaction().execute((transaction) => revoke(transaction, id, actor, {}));
}

/**
 * Takes one use of a token; else says why not. Whoever has not the secret is told nothing else, and learns nothing from
 * the time it takes: what is compared is a hash of what was sent.
 */
export async function takeEnrollToken(
  db: DatabaseTransaction,
  text: string,
  nowMs: number,
): Promise<EnrollTokenRow | { readonly problem: string }> {
  const unknown = { problem: 'token: is not one of this aggregator' };
  const token = decodeEnrollToken(text);
  if (!token) return { problem: 'token: must be the whole text that `connscan enroll-token create` gave' };
  const id = uuidOf(token.id);
  const { rows } = await sql<EnrollTokenRow>`select * from enroll_tokens where id = ${id} for update`.execute(db);
  const [row] = rows;
  if (!row) return unknown;
  if (!timingSafeEqual(row.secret_hash, hashOf(token.secret))) {
    await countFailure(db, row);
    return unknown;
  }
  const problem = problemOf(row, nowMs);
  if (problem !== undefined) {
    const refusal = { actor: `token ${id}`, action: 'ENROLLMENT_REFUSED', subject: id, detail: { problem } } as const;
    await writeAuditOnceAMinute(db, refusal);
    return { problem };
  }
  await sql`update enroll_tokens set uses = uses + 1 where id = ${id}`.execute(db);
  return row;
}

function problemOf({ revoked, expires, uses, max_uses }: EnrollTokenRow, nowMs: number): string | undefined {
  if (revoked) return `token: was revoked at ${revoked.toISOString()}`;
  if (expires.getTime() <= nowMs) return `token: expired at ${expires.toISOString()}`;
  if (uses >= max_uses) return `token: is used up, it was for ${max_uses}`;
  return undefined;
}

async function countFailure(db: DatabaseTransaction, { id, failures, revoked }: EnrollTokenRow): Promise<void> {
  if (revoked) return;
  await sql`update enroll_tokens set failures = failures + 1 where id = ${id}`.execute(db);
  const reason = `${MAX_FAILURES} wrong secrets`;
  if (failures + 1 >= MAX_FAILURES) await revoke(db, id, 'aggregator', { reason });
}

async function revoke(db: DatabaseTransaction, id: string, actor: string, detail: object) {
  const { rows } = await sql<EnrollTokenRow & { readonly was: Date | null }>`
    update enroll_tokens set revoked = coalesce(enroll_tokens.revoked, now())
    from (select id, revoked as was from enroll_tokens where id = ${id} for update) as former
    where enroll_tokens.id = former.id
    returning enroll_tokens.*, former.was`.execute(db);
  const [row] = rows;
  if (row && !row.was)
    await writeAudit(db, { actor, action: 'ENROLL_TOKEN_REVOKED', subject: id, detail: { ...detail } });
  return row;
}

function hashOf(secret: Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest();
}

function bytesOf(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function uuidOf(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}
