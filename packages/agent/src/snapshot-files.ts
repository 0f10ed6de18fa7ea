import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelName } from '@connscan/model';
import { replaceFile } from './replace-file.ts';
import { decodeSnapshot, encodeSnapshot } from './shard-snapshot.ts';

type Fields = { readonly file: string; readonly reason?: string };

export type SnapshotFilesOptions = {
  /** Where the files are kept. */
  readonly directory: string;
  readonly bootId: string;
  readonly shards: number;
  readonly logger: Record<'info' | 'warn' | 'error', (fields: Fields, message: string) => void>;
};

/** The shards' tables on disk, so that a restarted agent goes on with its windows and with the habits it has learnt. */
export type SnapshotFiles = {
  /**
   * What `restore` makes of the tables of a shard, of `mostBytes` at most; undefined if there are none to go on with. A file that
   * cannot be used is refused: logged with the reason, counted, and left until the next snapshot takes its place.
   */
  read<Tables>(
    model: ModelName,
    shard: number,
    mostBytes: number,
    restore: (tables: Uint8Array) => Tables,
  ): Promise<Tables | undefined>;
  /** Puts tables in the place of the last ones. Whenever the host fails, one of them is there, whole. A failure is logged. */
  write(model: ModelName, shard: number, tables: Uint8Array): Promise<void>;
  /** Files that were refused. */
  refused(): number;
};

/** The snapshots of one agent in its data directory. */
export function createSnapshotFiles({ directory, bootId, shards, logger }: SnapshotFilesOptions): SnapshotFiles {
  let refused = 0;
  const fileOf = (model: ModelName, shard: number) => join(directory, `detector-${model}-${shard}.snapshot`);

  return {
    async read(model, shard, mostBytes, restore) {
      const file = fileOf(model, shard);
      try {
        const tables = restore(decodeSnapshot(await readFile(file), { model, shard, shards, bootId }, mostBytes));
        logger.info({ file }, 'a snapshot is taken up');
        return tables;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT') return undefined;
        refused++;
        logger.warn({ file, reason: message }, 'a snapshot is refused; its shard starts cold');
        return undefined;
      }
    },

    async write(model, shard, tables) {
      const file = fileOf(model, shard);
      try {
        await replaceFile(file, await encodeSnapshot(tables, { model, shard, shards, bootId }));
      } catch (error) {
        logger.error({ file, reason: (error as Error).message }, 'a snapshot could not be written');
      }
    },

    refused: () => refused,
  };
}
