import { join } from 'node:path';
import { ConnscanError } from '@connscan/model';
import { Kysely, PostgresDialect } from 'kysely';
import { copyOut } from './copy-out.ts';
import { createEmbeddedPool } from './embedded-pool.ts';
import { migrate } from './migrate.ts';
import type { Database, Schema } from './schema.ts';

/** An open store. */
export type Store = {
  readonly db: Database;
  /** Resolves when this process alone writes to it. Throws if that is not so, or cannot be known now. */
  hold(): Promise<void>;
  /** Where others than the connections of `db` read much at once: the server, or for the embedded store a COPY here. */
  readonly bulk: { readonly postgresUrl: string } | { copyOut(statement: string): Promise<Uint8Array[]> };
  /** Waits for the query that runs. */
  close(): Promise<void>;
};

/**
 * Opens the embedded store in a data directory, making it (in about 5 s) if there is none, and migrates it. The lock of the
 * data directory keeps others off. `onDied` hears of a store thread that ended on its own; the next query starts another.
 * `prepare` may do something else than migrate it. Throws STORE_UNUSABLE.
 */
export async function openStore(
  dataDirectory: string,
  onDied: (error: Error) => void,
  prepare: (db: Database) => Promise<void> = migrate,
): Promise<Store> {
  const directory = join(dataDirectory, 'store');
  const pool = createEmbeddedPool(directory, onDied);
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    // Without a first query a store that cannot be opened would be told as a migration that failed.
    await pool.query('select 1');
    await prepare(db);
    const bulk = { copyOut: (statement: string) => copyOut(pool, statement) };
    return { db, hold: async () => {}, bulk, close: () => pool.end() };
  } catch (cause) {
    await pool.end();
    const reason = (cause as Error).message;
    throw new ConnscanError('STORE_UNUSABLE', `${directory}: ${reason}`, { cause });
  }
}
