import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PROCESS_LIMITS, type Snapshot } from '@connscan/model';
import { fitPath } from './fit.ts';
import { tryRead } from './learn.ts';
import { containerOf } from './parse-cgroup.ts';
import { readCommandLine } from './read-command-line.ts';
import { bootMsOf, readStat, type Stat } from './read-stat.ts';

type TreeProcess = Snapshot['tree'][number];
type Link = Stat & { readonly pid: number };

export type TreeOptions = {
  readonly proc: string;
  readonly users: ReadonlyMap<number, string>;
  readonly wallOffsetMs: number;
  readonly redact: boolean;
};

/** A process and its ancestors; `why` the tree ends before init, undefined if it does not. */
export type Tree = { readonly tree: TreeProcess[]; readonly why: string | undefined };

/**
 * The process of a PID, its parent, and so on up to init. The chain is followed before and after it is described, and
 * what is the same at both ends is told: then nobody's parent had ended in between, and no PID had changed hands.
 */
export async function readTree(pid: number, levels: number, options: TreeOptions): Promise<Tree> {
  const before = await chainOf(pid, levels, options.proc);
  const described = await Promise.all(before.map((link) => describe(link, options)));
  const after = await chainOf(pid, levels, options.proc);
  const changed = before.findIndex(
    (link, at) => link.pid !== after[at]?.pid || link.startTicks !== after[at]?.startTicks,
  );
  const kept = changed === -1 ? before.length : changed;
  return { tree: described.slice(0, kept), why: endOf(before[kept - 1], kept === levels) };
}

/** Init and kernel threads have parent 0. */
function endOf(last: Link | undefined, full: boolean): string | undefined {
  if (last?.parentPid === 0) return undefined;
  return full ? `more than ${PROCESS_LIMITS.tree} levels` : 'gone';
}

async function chainOf(first: number, levels: number, proc: string): Promise<Link[]> {
  const chain: Link[] = [];
  for (let pid = first; pid !== 0 && chain.length < levels; ) {
    const stat = await tryRead(readStat(proc, pid));
    if (!stat) break;
    chain.push({ pid, ...stat });
    pid = stat.parentPid;
  }
  return chain;
}

async function describe(
  { pid, comm, startTicks }: Link,
  { proc, users, wallOffsetMs, redact }: TreeOptions,
): Promise<TreeProcess> {
  const directory = join(proc, String(pid));
  const [link, commandLine, status, cgroup] = await Promise.all([
    tryRead(readlink(join(directory, 'exe'))),
    tryRead(readCommandLine(directory, { characters: PROCESS_LIMITS.ancestorCommandLine, redact })),
    tryRead(readFile(join(directory, 'status'), 'utf8')),
    tryRead(readFile(join(directory, 'cgroup'), 'utf8')),
  ]);
  const exe = fitPath(link);
  const uid = status === undefined ? undefined : realUidOf(status);
  // A container has its own passwd.
  const user = uid !== undefined && cgroup !== undefined && !containerOf(cgroup) ? users.get(uid) : undefined;
  return {
    pid,
    startedMs: bootMsOf(startTicks) + wallOffsetMs,
    comm,
    ...(exe && { exe }),
    ...(commandLine?.length && { commandLine }),
    ...(uid !== undefined && { uid }),
    ...(user && { user }),
  };
}

function realUidOf(status: string): number | undefined {
  const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1];
  return uid === undefined ? undefined : Number(uid);
}
