import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessEntry } from '@connscan/probe';
import { tryRead } from './learn.ts';
import { readStat, ticksOf } from './read-stat.ts';

/**
 * What `read` finds in /proc of an entry's process; undefined if PID is by now another process, or runs another program.
 * The check is made before and after: a PID names one process as long as it lives, so if it was the same at both ends, it
 * was the same in between.
 */
export async function ofSameProcess<Found>(
  entry: ProcessEntry,
  proc: string,
  read: () => Promise<Found>,
): Promise<Found | undefined> {
  if (!(await isSameProcess(entry, proc))) return undefined;
  const found = await read();
  return (await isSameProcess(entry, proc)) ? found : undefined;
}

/**
 * The start time tells one process of a PID from the next, to a hundredth of a second. exec changes the program and not the
 * start: the name or the path must be what the kernel saw too. What no file of /proc tells is an exec of the same
 * interpreter under the same name.
 */
async function isSameProcess(entry: ProcessEntry, proc: string): Promise<boolean> {
  const stat = await tryRead(readStat(proc, entry.tgid));
  if (!stat || !(Math.abs(stat.startTicks - ticksOf(entry.startedNs)) <= 1)) return false;
  return stat.comm === entry.comm || (await runsPath(entry, proc));
}

async function runsPath({ tgid, exe }: ProcessEntry, proc: string): Promise<boolean> {
  return exe?.startsWith('/') === true && (await tryRead(readlink(join(proc, String(tgid), 'exe')))) === exe;
}
