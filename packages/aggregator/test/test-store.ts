import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@connscan/lab';
import { openPostgresStore } from '../src/store/open-postgres-store.ts';
import { openStore, type Store } from '../src/store/open-store.ts';
import { type PostgresUrl, parsePostgresUrl } from '../src/store/postgres-url.ts';

/** A store of its own: embedded or, in the tests that say `onPostgres`, on a server. `close` leaves nothing behind. */
export async function openTestStore(): Promise<Store> {
  const postgres = await startTestPostgres();
  const directory = await mkdtemp(join(tmpdir(), 'connscan-store-'));
  const store = await (postgres ? openPostgresStore(postgres.store, () => {}) : openStore(directory, () => {}));
  return {
    ...store,
    async close() {
      await store.close();
      await postgres?.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** To be imported before tests that are to be run on a server too. */
export function onPostgres(): void {
  process.env.CONNSCAN_TEST_STORE = 'postgres';
}

/** The server of a test that says `onPostgres`, undefined in any other. */
export async function startTestPostgres(): Promise<{ store: PostgresUrl; close(): Promise<void> } | undefined> {
  if (process.env.CONNSCAN_TEST_STORE !== 'postgres') return undefined;
  const postgres = await startPostgres({ fsync: false });
  return { store: postgresUrlOf(postgres.url), close: async () => postgres[Symbol.asyncDispose]() };
}

export function postgresUrlOf(url: string): PostgresUrl {
  const read = parsePostgresUrl(url);
  if ('problem' in read) throw new Error(read.problem);
  return read;
}
