import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { tryRead } from './learn.ts';
import type { ProcessEntry } from './process-entry.ts';
import { readStat, ticksOf } from './read-stat.ts';

/** Threads whose names are looked at. */
const MAX_THREADS = 256;

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
  return stat.comm === entry.comm || (await runsPath(entry, proc)) || (await hasThread(entry, proc));
}

async function runsPath({ tgid, exe }: ProcessEntry, proc: string): Promise<boolean> {
  return exe?.startsWith('/') === true && (await tryRead(readlink(join(proc, String(tgid), 'exe')))) === exe;
}

/** A thread has a name of its own, and it may have been a thread that connected. */
async function hasThread({ tgid, comm }: ProcessEntry, proc: string): Promise<boolean> {
  const task = join(proc, String(tgid), 'task');
  const threads = (await tryRead(readdir(task))) ?? [];
  for (const thread of threads.slice(0, MAX_THREADS)) {
    const name = await tryRead(readFile(join(task, thread, 'comm'), 'utf8'));
    if (name?.replace(/\n$/, '') === comm) return true;
  }
  return false;
}
