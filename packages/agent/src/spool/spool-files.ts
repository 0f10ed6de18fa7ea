import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** An open file. Every call may fail with an errno `code`. */
export type SpoolFile = {
  /** Writes at a position; may write less than it was given, without an error, and says how much. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** Reads at a position; may read less than asked for, and 0 at the end. */
  read(bytes: Uint8Array, position: number): Promise<number>;
  /** What was written is on the disk when it resolves (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
};

/** The calls of a file system that a spool needs, in one directory. Names are those of its files. */
export type SpoolFiles = {
  /** Makes the directory if it is missing. */
  makeDirectory(): Promise<void>;
  list(): Promise<string[]>;
  /** A new file for its owner alone; EEXIST if there is one. */
  create(name: string): Promise<SpoolFile>;
  /** A regular file, never what a symlink points to. */
  open(name: string, access: 'read' | 'write'): Promise<{ readonly file: SpoolFile; readonly bytes: number }>;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Names made, renamed and removed are on the disk when it resolves. */
  syncDirectory(): Promise<void>;
};

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

/** The real file system. The directory is for its owner alone. */
export function openSpoolFiles(directory: string): SpoolFiles {
  const pathOf = (name: string) => join(directory, name);
  const openDirectory = () => open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  return {
    async makeDirectory() {
      await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      await using handle = await openDirectory();
      if (((await handle.stat()).mode & 0o777) !== 0o700) await handle.chmod(0o700);
    },
    list: () => readdir(directory),
    create: async (name) => wrap(await open(pathOf(name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)),
    async open(name, access) {
      // Without O_NONBLOCK, a FIFO in the place of a file would stop the agent.
      const flags = (access === 'read' ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK;
      const handle = await open(pathOf(name), flags);
      const found = await handle.stat();
      if (found.isFile()) return { file: wrap(handle), bytes: found.size };
      await handle.close();
      throw Object.assign(new Error(`${name} is no regular file`), { code: 'EINVAL' });
    },
    rename: (from, to) => rename(pathOf(from), pathOf(to)),
    remove: (name) => unlink(pathOf(name)),
    async syncDirectory() {
      await using handle = await openDirectory();
      await handle.sync();
    },
  };
}

function wrap(handle: Awaited<ReturnType<typeof open>>): SpoolFile {
  return {
    write: async (bytes, position) => (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
    read: async (bytes, position) => (await handle.read(bytes, 0, bytes.length, position)).bytesRead,
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}
