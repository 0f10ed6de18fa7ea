import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { tryRead } from './learn.ts';

/** Cgroups looked at. */
const MAX_CGROUPS = 10_000;

/**
 * The path of a cgroup by its id, as a line of /proc/PID/cgroup: what tells the container of a process that is gone. The
 * id is the inode number of its directory and never used again. Undefined if it is gone too, or if `root` is no cgroup
 * version 2, in whose hierarchies alone ids are unique.
 */
export async function findCgroup(root: string, id: bigint): Promise<string | undefined> {
  if (id === 0n || !(await tryRead(stat(join(root, 'cgroup.controllers'))))) return undefined;
  const paths = ['/'];
  for (
    let path = paths.shift(), looked = 0;
    path !== undefined && looked < MAX_CGROUPS;
    path = paths.shift(), looked++
  ) {
    const directory = join(root, path);
    if ((await tryRead(stat(directory, { bigint: true })))?.ino === id) return `0::${path}`;
    for (const entry of (await tryRead(readdir(directory, { withFileTypes: true }))) ?? []) {
      if (entry.isDirectory()) paths.push(join(path, entry.name));
    }
  }
  return undefined;
}
