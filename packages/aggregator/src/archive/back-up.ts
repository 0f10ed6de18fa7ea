import { ConnscanError } from '@connscan/model';
import { openDataDirectory } from '@connscan/program';
import { openPostgresStore } from '../store/open-postgres-store.ts';
import { openStore } from '../store/open-store.ts';
import type { PostgresUrl } from '../store/postgres-url.ts';
import { writeArchive } from './archive-file.ts';
import type { OnSection } from './archive-lines.ts';
import { dumpStore } from './dump-store.ts';
import { readKeyFiles } from './key-files.ts';
import { ignore } from './open-target.ts';

export type BackUpOptions = {
  readonly data: string;
  /** Left out, it is the embedded store of the data directory, which nobody else may have open. */
  readonly store?: PostgresUrl | undefined;
  readonly out: string;
  readonly now: () => Date;
  readonly onSection: OnSection;
};

/** Writes the store and the keys of a data directory into one file. A PostgreSQL store may be in use meanwhile. */
export async function backUp({ data, store, out, now, onSection }: BackUpOptions): Promise<void> {
  await using source = await openSource(data, store);
  await writeArchive(out, dumpStore(source.db, { files: await readKeyFiles(data), now, onSection }));
}

/** The store of a data directory, to be read. */
export async function openSource(data: string, url?: PostgresUrl) {
  const directory = url ? undefined : await takeDirectory(data);
  try {
    const untouched = async () => {};
    const store = await (url
      ? openPostgresStore(url, ignore, { shared: true, prepare: untouched })
      : openStore(data, ignore));
    return {
      db: store.db,
      async [Symbol.asyncDispose]() {
        await store.close();
        await directory?.close();
      },
    };
  } catch (error) {
    await directory?.close();
    throw error;
  }
}

async function takeDirectory(data: string) {
  try {
    return await openDataDirectory(data);
  } catch (error) {
    if (!(error instanceof ConnscanError) || error.code !== 'DATA_DIRECTORY_IN_USE') throw error;
    const way = 'the embedded store has room for one process: stop the aggregator first';
    throw new ConnscanError(error.code, `${error.message}; ${way}`, { cause: error });
  }
}
