import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PROCESS_LIMITS, type Snapshot } from '@connscan/model';
import type { ProcessEntry } from '@connscan/probe';
import { fitPath } from './fit.ts';
import type { HostFiles } from './host-files.ts';
import { type Learnt, learn } from './learn.ts';
import { containerOf } from './parse-cgroup.ts';
import { processOf } from './process-of.ts';
import { readCommandLine } from './read-command-line.ts';
import { describeExecutable, type HeldExecutable, holdExecutable } from './read-executable.ts';
import { readTree } from './read-tree.ts';
import { readUsers } from './read-users.ts';
import { ofSameProcess } from './same-process.ts';

/** What the audit files say of a process that descends from no login. */
const UNSET = 2 ** 32 - 1;

export type SnapshotOptions = {
  readonly host: HostFiles;
  /** Whether secrets in command lines are replaced by `***`. */
  readonly redact: boolean;
  readonly wallTimeMs: () => number;
  /** Wall-clock minus boot-clock time. */
  readonly wallOffsetMs: number;
};

/**
 * The endpoint snapshot of a process: what can be learnt with the permissions at hand, and what could not be and why.
 * Everything that ends with the process is read first, in about 20 ms; its executable is held open meanwhile and
 * hashed afterwards. Of a process that is gone the tree remains. Never rejects.
 */
export async function takeSnapshot(entry: ProcessEntry, options: SnapshotOptions): Promise<Snapshot> {
  const { host, wallTimeMs } = options;
  const takenMs = wallTimeMs();
  const users = await readUsers(host.passwd);
  let held: Learnt<HeldExecutable> | undefined;
  const seen = await ofSameProcess(entry, host.proc, async () => {
    const parts = await readParts(entry, users, options);
    held = parts.executable;
    return parts;
  });
  if (seen) return { takenMs, ...(await describe(entry, seen, users, options)) };
  if (held && 'value' in held && 'value' in held.value.file) await held.value.file.value.close();
  const { tree, unknown } = await treeOfGone(entry, users, options);
  return { takenMs, tree, unknown: ['process: gone', ...unknown] };
}

type Parts = Awaited<ReturnType<typeof readParts>>;
type Users = ReadonlyMap<number, string>;

async function readParts(entry: ProcessEntry, users: Users, { host, redact, wallOffsetMs }: SnapshotOptions) {
  const directory = join(host.proc, String(entry.tgid));
  const text = (name: string) => learn(readFile(join(directory, name), 'utf8'));
  const [commandLine, executable, cwd, cgroup, loginUid, sessionId, tree] = await Promise.all([
    learn(readCommandLine(directory, { characters: PROCESS_LIMITS.commandLine, redact })),
    learn(holdExecutable(directory)),
    learn(readlink(join(directory, 'cwd'))),
    text('cgroup'),
    text('loginuid'),
    text('sessionid'),
    readTree(entry.tgid, PROCESS_LIMITS.tree, { proc: host.proc, users, wallOffsetMs, redact }),
  ]);
  return { commandLine, executable, cwd, cgroup, loginUid, sessionId, tree };
}

async function describe(
  entry: ProcessEntry,
  parts: Parts,
  users: Users,
  { host }: SnapshotOptions,
): Promise<Omit<Snapshot, 'takenMs'>> {
  const unknown: string[] = [];
  function told<Value>(name: string, learnt: Learnt<Value>): Value | undefined {
    if ('value' in learnt) return learnt.value;
    unknown.push(`${name}: ${learnt.why}`);
    return undefined;
  }
  const { tree, why } = parts.tree;
  if (why !== undefined) unknown.push(`tree: ${why}`);
  const commandLine = told('commandLine', parts.commandLine);
  const held = told('exe', parts.executable);
  const exe = held && (await describeExecutable(held, host.dpkg, unknown));
  const cwd = told('cwd', parts.cwd);
  if (cwd !== undefined && !fitPath(cwd)) unknown.push('cwd: path too long');
  const cgroup = told('container, user', parts.cgroup);
  const container = cgroup === undefined ? undefined : containerOf(cgroup);
  const user = cgroup !== undefined && !container ? users.get(entry.uid) : undefined;
  if (user === undefined && cgroup !== undefined)
    unknown.push(`user: ${container ? 'of a container' : 'not in passwd'}`);
  const loginUid = told('loginSession', parts.loginUid);
  const loginSession = loginUid === undefined ? undefined : loginSessionOf(loginUid, parts.sessionId, users);
  return {
    tree,
    ...(commandLine && { commandLine }),
    ...(exe && { exe }),
    ...(cwd !== undefined && fitPath(cwd) && { cwd }),
    ...(user && { user }),
    ...(loginSession && { loginSession }),
    ...(container && { container }),
    unknown,
  };
}

function loginSessionOf(loginUid: string, sessionId: Learnt<string>, users: Users): Snapshot['loginSession'] {
  const uid = Number(loginUid);
  if (uid === UNSET || loginUid.trim() === '') return undefined;
  const id = 'value' in sessionId ? Number(sessionId.value) : UNSET;
  const user = users.get(uid);
  return { ...(id !== UNSET && { id }), uid, ...(user && { user }) };
}

/** The process as the kernel told it, and those of its ancestors that still run. */
async function treeOfGone(
  entry: ProcessEntry,
  users: Users,
  { host, redact, wallOffsetMs }: SnapshotOptions,
): Promise<Pick<Snapshot, 'tree' | 'unknown'>> {
  const { pid, startedMs, comm, exe, uid, user, parent } = await processOf(entry, host, wallOffsetMs);
  const first = { pid, startedMs, comm, ...(exe && { exe }), uid, ...(user && { user }) };
  // A parent without name was not proved to be the one.
  if (parent?.comm === undefined) return { tree: [first], unknown: ['tree: gone'] };
  const options = { proc: host.proc, users, wallOffsetMs, redact };
  const { tree, why } = await readTree(parent.pid, PROCESS_LIMITS.tree - 1, options);
  // The parent may have ended since, and given its PID to a younger process.
  if (!((tree[0]?.startedMs ?? Infinity) <= startedMs)) return { tree: [first], unknown: ['tree: gone'] };
  return { tree: [first, ...tree], unknown: why === undefined ? [] : [`tree: ${why}`] };
}
