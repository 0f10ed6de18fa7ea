import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openDataDirectory } from '@connscan/program';
import type { PostgresUrl } from '../store/postgres-url.ts';
import { readArchive } from './archive-file.ts';
import type { ArchiveLines, OnSection } from './archive-lines.ts';
import { openSource } from './back-up.ts';
import { dumpStore } from './dump-store.ts';
import { readKeyFiles, refuseKeyFiles, writeKeyFiles } from './key-files.ts';
import { loadStore } from './load-store.ts';
import { openTarget } from './open-target.ts';

export type RestoreOptions = {
  readonly from: string;
  /** Made if missing; it has no store and no keys yet. */
  readonly data: string;
  readonly store?: PostgresUrl | undefined;
  readonly onSection: OnSection;
};

/** Makes a store and the keys of a data directory from a file of `backUp`; all or nothing. */
export async function restore({ from, data, store, onSection }: RestoreOptions): Promise<void> {
  const directory = await openDataDirectory(data);
  try {
    await refuseKeyFiles(data);
    const files = await load(data, store, readArchive(from), onSection);
    await writeKeyFiles(data, files);
  } finally {
    await directory.close();
  }
}

export type MoveOptions = {
  readonly data: string;
  readonly to: PostgresUrl;
  readonly now: () => Date;
  readonly onSection: OnSection;
};

/** Copies the embedded store of a data directory into an empty PostgreSQL database. Its keys stay where they are. */
export async function moveStore({ data, to, now, onSection }: MoveOptions): Promise<void> {
  await using source = await openSource(data);
  await load(data, to, dumpStore(source.db, { files: await readKeyFiles(data), now, onSection: () => {} }), onSection);
}

async function load(data: string, url: PostgresUrl | undefined, lines: ArchiveLines, onSection: OnSection) {
  const store = await openTarget(data, url);
  let files: Awaited<ReturnType<typeof loadStore>> | undefined;
  try {
    files = await loadStore(store.db, lines, onSection);
    return files;
  } finally {
    await store.close();
    // It was made here.
    if (!files && !url) await rm(join(data, 'store'), { recursive: true });
  }
}
