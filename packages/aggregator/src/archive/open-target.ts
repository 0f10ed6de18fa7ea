import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnscanError } from '@connscan/model';
import { openPostgresStore } from '../store/open-postgres-store.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { PostgresUrl } from '../store/postgres-url.ts';

/** A store that is to be filled, as it is: without tables. Throws STORE_UNUSABLE if there is an embedded one already. */
export async function openTarget(data: string, store: PostgresUrl | undefined): Promise<Store> {
  const untouched = async () => {};
  if (store) return openPostgresStore(store, ignore, { prepare: untouched });
  const directory = join(data, 'store');
  const exists = await access(directory).then(
    () => true,
    () => false,
  );
  if (exists)
    throw new ConnscanError('STORE_UNUSABLE', `${directory}: is there already; choose an empty data directory`);
  return openStore(data, ignore, untouched);
}

/** A connection that is lost fails the statement that waits for it. */
export function ignore(): void {}
