import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Listener } from '@connscan/model';
import { fitPath } from './fit.ts';
import { tryRead } from './learn.ts';
import { unitOf } from './parse-cgroup.ts';
import { type ListeningSocket, readListeningSockets } from './read-listening-sockets.ts';
import { readStat } from './read-stat.ts';

/** Network namespaces that are remembered, and for how long, in milliseconds: a scan of a host asks once. */
const MAX_NETNS = 64;
const MAX_AGE_MS = 5000;

export type Listeners = {
  /**
   * Who listens on a local address and port of a network namespace (its inode number), as of five seconds ago at most.
   * Undefined if nobody does any more, if it cannot be read, or if two processes that differ hold the socket. Never
   * rejects.
   */
  find(netns: number, address: string, port: number): Promise<Listener | undefined>;
};

/** A file descriptor of a listening socket. */
type Hold = { readonly pid: number; readonly fd: string; readonly inode: string };
/** What listens in one network namespace, and who holds it. */
type Table = { readonly sockets: readonly ListeningSocket[]; readonly holds: readonly Hold[] };
type Holder = Listener & { readonly startTicks: number };

/** Finds listeners by /proc. One look at a network namespace answers for all its ports. `nowMs` is any steady clock. */
export function createListeners(options: { readonly proc: string; readonly nowMs: () => number }): Listeners {
  const { proc, nowMs } = options;
  const tables = new Map<number, { readonly readMs: number; readonly table: Promise<Table> }>();

  function tableOf(netns: number): Promise<Table> {
    const now = nowMs();
    const known = tables.get(netns);
    if (known && now - known.readMs < MAX_AGE_MS) return known.table;
    if (tables.size === MAX_NETNS) tables.clear();
    const table = readTable(proc, netns);
    tables.set(netns, { readMs: now, table });
    return table;
  }

  return {
    async find(netns, address, port) {
      const { sockets, holds } = await tableOf(netns);
      const inodes = inodesOf(sockets, address, port);
      return agreedListener(
        proc,
        holds.filter(({ inode }) => inodes.has(inode)),
      );
    },
  };
}

/** The kernel prefers the socket of the address itself, then that of all IPv4, then that of all addresses. */
function inodesOf(sockets: readonly ListeningSocket[], address: string, port: number): ReadonlySet<string> {
  const wildcards = address.includes(':') ? ['::'] : ['0.0.0.0', '::'];
  for (const local of [address, ...wildcards]) {
    // Several sockets share a port by SO_REUSEPORT.
    const found = sockets.filter((socket) => socket.port === port && socket.address === local);
    if (found.length > 0) return new Set(found.map(({ inode }) => inode));
  }
  return new Set();
}

async function readTable(proc: string, netns: number): Promise<Table> {
  const members = await membersOf(proc, netns);
  const sockets = await firstSockets(proc, members);
  const inodes = new Set(sockets.map(({ inode }) => inode));
  const holds: Hold[] = [];
  for (const pid of inodes.size > 0 ? members : []) {
    holds.push(...(await holdsOf(proc, pid)).filter(({ inode }) => inodes.has(inode)));
  }
  return { sockets, holds };
}

/** The processes that live in a network namespace. */
async function membersOf(proc: string, netns: number): Promise<number[]> {
  const pids = ((await tryRead(readdir(proc))) ?? []).filter((name) => /^\d+$/.test(name));
  const members: number[] = [];
  for (const pid of pids) {
    if ((await tryRead(readlink(join(proc, pid, 'ns/net')))) === `net:[${netns}]`) members.push(Number(pid));
  }
  return members;
}

/** Any member shows the sockets of all; the first may have ended. */
async function firstSockets(proc: string, members: readonly number[]): Promise<ListeningSocket[]> {
  for (const pid of members) {
    const sockets = await tryRead(readListeningSockets(proc, pid));
    if (sockets) return sockets;
  }
  return [];
}

/** The sockets that a process has. */
async function holdsOf(proc: string, pid: number): Promise<Hold[]> {
  const holds: Hold[] = [];
  for (const fd of (await tryRead(readdir(join(proc, String(pid), 'fd')))) ?? []) {
    const inode = await socketAt(proc, pid, fd);
    if (inode !== undefined) holds.push({ pid, fd, inode });
  }
  return holds;
}

async function socketAt(proc: string, pid: number, fd: string): Promise<string | undefined> {
  const link = await tryRead(readlink(join(proc, String(pid), 'fd', fd)));
  return link === undefined ? undefined : /^socket:\[(\d+)\]$/.exec(link)?.[1];
}

/**
 * The one listener of all that hold a socket. Workers inherit it from their master: when all run the same program in the
 * same unit, it is the one that started first. systemd keeps the socket that it hands to a service.
 */
async function agreedListener(proc: string, holds: readonly Hold[]): Promise<Listener | undefined> {
  const read = await Promise.all(holds.map((hold) => readHolder(proc, hold)));
  const holders = read.filter((holder) => holder !== undefined);
  const services = holders.filter(({ pid }) => pid !== 1);
  const accepting = services.length > 0 ? services : holders;
  const [first] = accepting.toSorted((one, other) => one.startTicks - other.startTicks || one.pid - other.pid);
  if (!first || !accepting.every((holder) => isSameProgram(holder, first))) return undefined;
  const { startTicks, ...listener } = first;
  return listener;
}

function isSameProgram(one: Listener, other: Listener): boolean {
  return one.exe === other.exe && (one.exe !== undefined || one.comm === other.comm) && one.unit === other.unit;
}

/** Undefined if the process no longer has the socket, or the PID is another process's by now. */
async function readHolder(proc: string, { pid, fd, inode }: Hold): Promise<Holder | undefined> {
  const directory = join(proc, String(pid));
  const before = await tryRead(readStat(proc, pid));
  const [link, cgroup, held] = await Promise.all([
    tryRead(readlink(join(directory, 'exe'))),
    tryRead(readFile(join(directory, 'cgroup'), 'utf8')),
    socketAt(proc, pid, fd),
  ]);
  const after = await tryRead(readStat(proc, pid));
  if (!before || before.startTicks !== after?.startTicks || held !== inode) return undefined;
  const exe = fitPath(link);
  const unit = cgroup === undefined ? undefined : unitOf(cgroup);
  return { pid, startTicks: before.startTicks, comm: before.comm, ...(exe && { exe }), ...(unit && { unit }) };
}
