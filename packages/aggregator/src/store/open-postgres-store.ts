import { ConnscanError } from '@connscan/model';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { migrate } from './migrate.ts';
import type { Store } from './open-store.ts';
import type { PostgresUrl } from './postgres-url.ts';
import type { Database, Schema } from './schema.ts';
import { createStoreLock } from './store-lock.ts';
import { valueTypes } from './value-types.ts';

const LEAST_VERSION = 15;

/** Ingest needs one connection at a time; the others are for queries. PostgreSQL takes 100 of all its clients. */
const CONNECTIONS = 10;

type OpenOptions = {
  /** Migrates it, or does something else. */
  readonly prepare?: (db: Database) => Promise<void>;
  /** For who only reads: an aggregator may work in it. */
  readonly shared?: boolean;
};

/**
 * Opens a store in a PostgreSQL database, for one aggregator at a time, and migrates it. `onDied` hears of each idle
 * connection that is lost; the next query makes another. Throws STORE_UNUSABLE.
 */
export async function openPostgresStore(
  { url, config, shown }: PostgresUrl,
  onDied: (error: Error) => void,
  { prepare = migrate, shared = false }: OpenOptions = {},
): Promise<Store> {
  const lock = createStoreLock(config, shown);
  const pool = new Pool({ ...config, max: CONNECTIONS, types: valueTypes as never });
  pool.on('connect', (client) => client.on('error', onDied));
  pool.on('error', () => {});
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const close = async () => {
    await pool.end();
    await lock.release();
  };
  try {
    const { rows } = await pool.query(
      `select current_setting('server_version_num')::integer / 10000 as version, current_setting('server_encoding') as encoding`,
    );
    const [{ version, encoding }] = rows;
    if (version < LEAST_VERSION) throw new Error(`it is PostgreSQL ${version}: ${LEAST_VERSION} or newer is needed`);
    if (encoding !== 'UTF8') throw new Error(`its encoding is ${encoding}: UTF8 is needed`);
    if (!shared) await lock.hold();
    await prepare(db);
    return { db, hold: lock.hold, bulk: { postgresUrl: url }, close };
  } catch (cause) {
    await close();
    if (cause instanceof ConnscanError && cause.message.startsWith(shown)) throw cause;
    throw new ConnscanError('STORE_UNUSABLE', `${shown}: ${(cause as Error).message}`, { cause });
  }
}
