import { access, constants, mkdir, readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConnscanError } from '@connscan/model';
import { takeLock } from './take-lock.ts';

/** A data directory that this process alone works in, until it is closed. */
export type DataDirectory = { readonly path: string; close(): Promise<void> };

/**
 * Makes the directory if it is missing (mode 0700; its parent must be there), checks that it can be written, and takes it for this process.
 * Throws DATA_DIRECTORY_UNUSABLE or DATA_DIRECTORY_IN_USE, naming the directory.
 */
export async function openDataDirectory(directory: string): Promise<DataDirectory> {
  const path = resolve(directory);
  const inode = await makeWritable(path);
  const lock = await takeLock(inode);
  if (!lock) throw new ConnscanError('DATA_DIRECTORY_IN_USE', `${path}: another process works in it`);
  return { path, close: lock.release };
}

async function makeWritable(path: string): Promise<string> {
  try {
    // Not recursive: a mistyped path is told, not made, and Node's recursive mkdir never returns below /proc.
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await readdir(path);
    const { dev, ino } = await stat(path);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return `${dev}:${ino}`;
  } catch (cause) {
    throw new ConnscanError('DATA_DIRECTORY_UNUSABLE', `${path}: ${(cause as Error).message}`, { cause });
  }
}
