import { type FileHandle, open, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Snapshot, wallMsSchema } from '@connscan/model';
import { findPackage } from './find-package.ts';
import { fitPath } from './fit.ts';
import { hashFile } from './hash-file.ts';
import { type Learnt, learn, tryRead } from './learn.ts';

const DELETED = ' (deleted)';

/** Executables up to this size are hashed, in bytes; that of Node.js has 120 MB. */
const MAX_HASH_BYTES = 256 * 2 ** 20;

type Executable = NonNullable<Snapshot['exe']>;
type FileId = { readonly dev: number; readonly ino: number };

/** The file that a process runs, held so that it can be read after the process ended or the file was deleted. */
export type HeldExecutable = {
  readonly path: string;
  readonly deleted: boolean;
  /** Its path means the same file to us: it is not one of a container. */
  readonly ours: boolean;
  readonly sizeBytes: number | undefined;
  readonly modifiedMs: number | undefined;
  readonly file: Learnt<FileHandle>;
};

/** Takes hold of the executable of a process; whoever asked closes `file`. Rejects as the file system does. */
export async function holdExecutable(directory: string): Promise<HeldExecutable> {
  const link = join(directory, 'exe');
  const text = await readlink(link);
  const [running, named] = await Promise.all([tryRead(stat(link)), tryRead(stat(join(directory, 'root', text)))]);
  // The kernel marks a deleted file by its name, which any file may have as well.
  const deleted = text.endsWith(DELETED) && !(running && named && isSameFile(running, named));
  const path = deleted ? text.slice(0, -DELETED.length) : text;
  const here = deleted ? undefined : await tryRead(stat(path));
  return {
    path,
    deleted,
    ours: running !== undefined && here !== undefined && isSameFile(running, here),
    sizeBytes: running?.size,
    modifiedMs: running?.mtimeMs,
    file: await learn(open(link)),
  };
}

/** What is known of a held executable. Adds what is not, and why, to `unknown`; closes the file. */
export async function describeExecutable(
  held: HeldExecutable,
  dpkg: string,
  unknown: string[],
): Promise<Executable | undefined> {
  const sha256 = await hashOf(held, unknown);
  const path = fitPath(held.path);
  if (path === undefined) {
    unknown.push('exe: path too long');
    return undefined;
  }
  const owner = await ownerOf(held, path, dpkg);
  if ('why' in owner) unknown.push(`exe.package: ${owner.why}`);
  return {
    path,
    ...(sha256 && { sha256 }),
    deleted: held.deleted,
    ...('value' in owner && owner.value && { package: owner.value }),
    ...(held.sizeBytes !== undefined && { sizeBytes: held.sizeBytes }),
    // A file may claim any time; one before 1970 or beyond 2100 says nothing.
    ...(isWallMs(held.modifiedMs) && { modifiedMs: held.modifiedMs }),
  };
}

/** Only of a file that is at its path for us too: what is deleted, replaced or in a container is nobody's of our packages. */
async function ownerOf({ ours, deleted }: HeldExecutable, path: string, dpkg: string) {
  if (ours) return findPackage(dpkg, path);
  return { why: deleted ? 'the file is deleted' : 'the path is of another root' };
}

async function hashOf({ file }: HeldExecutable, unknown: string[]): Promise<string | undefined> {
  if ('why' in file) {
    unknown.push(`exe.sha256: ${file.why}`);
    return undefined;
  }
  await using handle = file.value;
  const hash = await learn(hashFile(handle, MAX_HASH_BYTES));
  if ('why' in hash) unknown.push(`exe.sha256: ${hash.why}`);
  else if (hash.value === undefined) unknown.push(`exe.sha256: larger than ${MAX_HASH_BYTES / 2 ** 20} MiB`);
  return 'value' in hash ? hash.value : undefined;
}

function isSameFile(one: FileId, other: FileId): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

function isWallMs(time: number | undefined): time is number {
  return wallMsSchema.safeParse(time).success;
}
