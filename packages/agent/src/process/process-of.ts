import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Process } from '@connscan/model';
import type { ProcessEntry } from '@connscan/probe';
import { findCgroup } from './find-cgroup.ts';
import { fitPath } from './fit.ts';
import type { HostFiles } from './host-files.ts';
import { tryRead } from './learn.ts';
import { containerOf } from './parse-cgroup.ts';
import { readStat, ticksOf } from './read-stat.ts';
import { readUsers } from './read-users.ts';
import { ofSameProcess } from './same-process.ts';

/**
 * Who an entry of the process table is. Never another process: what /proc says is taken only of a process that is proved
 * to be the one the kernel saw; of one that is gone, what the kernel told is all. `wallOffsetMs` is wall-clock minus
 * boot-clock time. Never rejects.
 */
export async function processOf(entry: ProcessEntry, host: HostFiles, wallOffsetMs: number): Promise<Process> {
  const directory = join(host.proc, String(entry.tgid));
  const [seen, parent] = await Promise.all([
    ofSameProcess(entry, host.proc, async () => ({
      exe: await tryRead(readlink(join(directory, 'exe'))),
      cgroup: await tryRead(readFile(join(directory, 'cgroup'), 'utf8')),
    })),
    parentOf(entry, host.proc),
  ]);
  const exe = fitPath(seen?.exe ?? entry.exe);
  const cgroup = seen?.cgroup ?? (await findCgroup(host.cgroup, entry.cgroupId));
  const containerId = cgroup && containerOf(cgroup)?.id;
  // A container has its own passwd; a process whose cgroup is unknown may be in one.
  const user = cgroup && !containerId ? (await readUsers(host.passwd)).get(entry.uid) : undefined;
  return {
    pid: entry.tgid,
    startedMs: Number(entry.startedNs / 1_000_000n) + wallOffsetMs,
    comm: entry.comm,
    ...(exe && { exe }),
    ...(parent && { parent }),
    uid: entry.uid,
    ...(user && { user }),
    ...(entry.cgroupId !== 0n && { cgroupId: String(entry.cgroupId) }),
    ...(containerId && { containerId }),
  };
}

/**
 * A process that runs under the parent's PID and started before the child did is the parent, as it had the PID all the time.
 * One that started in the same hundredth of a second is told only if the child still calls it parent.
 */
async function parentOf(entry: ProcessEntry, proc: string): Promise<Process['parent']> {
  const pid = entry.parentTgid;
  if (pid === 0) return undefined;
  const parent = await tryRead(readStat(proc, pid));
  if (!parent) return { pid };
  const childTicks = ticksOf(entry.startedNs);
  if (parent.startTicks < childTicks) return { pid, comm: parent.comm };
  const child = await ofSameProcess(entry, proc, () => tryRead(readStat(proc, entry.tgid)));
  return parent.startTicks === childTicks && child?.parentPid === pid ? { pid, comm: parent.comm } : { pid };
}
