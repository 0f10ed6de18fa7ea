import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { writeAudit } from '../identity/audit.ts';
import { type Creation, newestFirst } from '../store/newest-first.ts';
import type { Page } from '../store/page.ts';
import type { ApiTokenRow, Database, DatabaseTransaction } from '../store/schema.ts';
import type { Role } from './actor.ts';
import { formatApiToken, hashApiToken } from './api-token.ts';

export type NewApiToken = {
  /** What its changes are told by; no two tokens that stand have the same. */
  readonly name: string;
  readonly role: Role;
  /** Null: it stands until it is revoked. */
  readonly expires: Date | null;
  /** Who makes it. */
  readonly actor: string;
};

/** Uses of a token are noted no more often than this, in milliseconds. */
const USE_PAUSE_MS = 60_000;

/**
 * Makes a token. Its text is given here and never again: only its hash is kept. Undefined if a token that is not revoked has
 * the name.
 */
export function createApiToken(
  db: Database,
  token: NewApiToken,
): Promise<{ readonly row: ApiTokenRow; readonly text: string } | undefined> {
  return db.transaction().execute((transaction) => insertApiToken(transaction, token));
}

/** The same within a transaction. */
export async function insertApiToken(db: DatabaseTransaction, { name, role, expires, actor }: NewApiToken) {
  const id = randomUUID();
  const text = formatApiToken(randomBytes);
  const { rows } = await sql<ApiTokenRow>`
    insert into api_tokens (id, name, role, secret_hash, actor, created, expires)
    values (${id}, ${name}, ${role}, ${hashApiToken(text)}, ${actor}, now(), ${expires})
    on conflict (name) where revoked is null do nothing
    returning *`.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  await writeAudit(db, { actor, action: 'API_TOKEN_CREATED', subject: id, detail: { name, role, expires } });
  return { row, text };
}

/** The token of a text and a note that it was used; undefined if none stands. */
export async function useApiToken(db: Database, text: string, nowMs: number): Promise<ApiTokenRow | undefined> {
  const hash = hashApiToken(text);
  const row = await db.selectFrom('api_tokens').selectAll().where('secret_hash', '=', hash).executeTakeFirst();
  if (!row || row.revoked) return undefined;
  if (nowMs - (row.last_used?.getTime() ?? 0) >= USE_PAUSE_MS) {
    await db
      .updateTable('api_tokens')
      .set({ last_used: new Date(nowMs) })
      .where('id', '=', row.id)
      .execute();
  }
  return row;
}

/** One page of the tokens, the latest first. */
export async function findApiTokens(db: Database, page: Page<Creation>): Promise<ApiTokenRow[]> {
  const { rows } = await sql<ApiTokenRow>`select * from api_tokens where ${newestFirst(page)}`.execute(db);
  return rows;
}

/** Ends a token for ever. Undefined if there is none of this id. */
export function revokeApiToken(db: Database, id: string, actor: string): Promise<ApiTokenRow | undefined> {
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<ApiTokenRow & { readonly was: Date | null }>`
      update api_tokens set revoked = coalesce(api_tokens.revoked, now())
      from (select id, revoked as was from api_tokens where id = ${id} for update) as former
      where api_tokens.id = former.id
      returning api_tokens.*, former.was`.execute(transaction);
    const [row] = rows;
    if (row && !row.was) {
      await writeAudit(transaction, { actor, action: 'API_TOKEN_REVOKED', subject: id, detail: { name: row.name } });
    }
    return row;
  });
}

/** Those of the tokens that do not stand. */
export async function findFallenTokens(db: Database, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from unnest(${ids}::uuid[]) as used (id)
    where not exists (select from api_tokens where api_tokens.id = used.id and revoked is null)`.execute(db);
  return rows.map(({ id }) => id);
}
