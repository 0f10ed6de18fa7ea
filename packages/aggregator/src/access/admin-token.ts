import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnscanError } from '@connscan/model';
import { sql } from 'kysely';
import type { Database } from '../store/schema.ts';
import { insertApiToken } from './api-tokens.ts';

export type AdminTokenOptions = {
  readonly db: Database;
  /** The aggregator's data directory. */
  readonly data: string;
  /** Whether people may get in by another way, so that nobody is locked out without a token. */
  readonly otherWay: boolean;
};

/**
 * Makes sure that somebody can get in: if there never was a token, or if none of an administrator stands and there is no
 * other way in, one is made and written to the file `admin-token` in the data directory, for its owner alone. Returns the
 * file if it was written. Throws DATA_DIRECTORY_UNUSABLE.
 */
export function ensureAdminToken({ db, data, otherWay }: AdminTokenOptions): Promise<string | undefined> {
  return db.transaction().execute(async (transaction) => {
    // Several aggregators on one store may start at the same time.
    await sql`lock table api_tokens in exclusive mode`.execute(transaction);
    const { rows } = await sql<{ tokens: number; standing: number }>`
      select count(*) as tokens,
        count(*) filter (where role = 'admin' and revoked is null and coalesce(expires > now(), true)) as standing
      from api_tokens`.execute(transaction);
    const { tokens, standing } = rows[0]!;
    if (standing > 0 || (tokens > 0 && otherWay)) return undefined;
    const name = tokens === 0 ? 'first-admin' : `recovery-${randomUUID().slice(0, 8)}`;
    const made = await insertApiToken(transaction, { name, role: 'admin', expires: null, actor: 'aggregator' });
    const file = join(data, 'admin-token');
    // Within the transaction: there is no token that nobody has.
    await writeSecret(file, made!.text);
    return file;
  });
}

/** Whenever the host fails, the old or the new one is there, whole. */
async function writeSecret(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`;
  try {
    await rm(temporary, { force: true });
    await using output = await open(temporary, 'wx', 0o600);
    await output.writeFile(`${text}\n`);
    await output.sync();
    await rename(temporary, file);
  } catch (cause) {
    throw new ConnscanError('DATA_DIRECTORY_UNUSABLE', `${file}: ${(cause as Error).message}`, { cause });
  }
}
