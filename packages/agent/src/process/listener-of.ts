import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Listener } from '@connscan/model';
import type { ProcessEntry } from '@connscan/probe';
import { fitPath } from './fit.ts';
import { tryRead } from './learn.ts';
import { unitOf } from './parse-cgroup.ts';
import { ofSameProcess } from './same-process.ts';

/**
 * The process that listens, as the kernel told it; its systemd unit and a whole path if it still runs. Never another
 * process. Never rejects.
 */
export async function listenerOf(entry: ProcessEntry, proc: string): Promise<Listener> {
  const directory = join(proc, String(entry.tgid));
  const seen = await ofSameProcess(entry, proc, async () => ({
    exe: await tryRead(readlink(join(directory, 'exe'))),
    cgroup: await tryRead(readFile(join(directory, 'cgroup'), 'utf8')),
  }));
  const exe = fitPath(seen?.exe ?? entry.exe);
  const unit = seen?.cgroup && unitOf(seen.cgroup);
  return { pid: entry.tgid, comm: entry.comm, ...(exe && { exe }), ...(unit && { unit }) };
}
