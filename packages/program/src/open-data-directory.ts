import { access, constants, mkdir, readdir, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { ConnscanError } from '@connscan/model';

/** A data directory that this process alone works in, until it is closed. */
export type DataDirectory = { readonly path: string; close(): Promise<void> };

/**
 * Makes the directory if it is missing (mode 0700; its parent must be there), checks that it can be written, and takes it for this process.
 * Throws DATA_DIRECTORY_UNUSABLE or DATA_DIRECTORY_IN_USE, naming the directory.
 */
export async function openDataDirectory(directory: string): Promise<DataDirectory> {
  const path = resolve(directory);
  const inode = await makeWritable(path);
  const lock = await takeLock(path, inode);
  return { path, close: () => new Promise((done) => lock.close(() => done())) };
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

/**
 * An abstract unix socket named after the directory's inode: the kernel gives it to one process of the network
 * namespace and takes it back when that process ends in any way, so there is no stale lock file to judge.
 */
function takeLock(path: string, inode: string): Promise<Server> {
  const lock = createServer((connection) => connection.destroy());
  return new Promise((resolve, reject) => {
    lock.once('error', (cause: NodeJS.ErrnoException) => {
      const inUse = cause.code === 'EADDRINUSE';
      reject(
        inUse
          ? new ConnscanError('DATA_DIRECTORY_IN_USE', `${path}: another process works in it`, { cause })
          : new ConnscanError('DATA_DIRECTORY_UNUSABLE', `${path}: ${cause.message}`, { cause }),
      );
    });
    lock.listen(`\0connscan:${inode}`, () => resolve(lock.unref()));
  });
}
