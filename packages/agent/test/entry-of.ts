import { readFile } from 'node:fs/promises';
import type { ProcessEntry } from '@connscan/probe';
import { readStat } from '../src/process/read-stat.ts';

/** What the kernel's table would say of a living process of this machine. */
export async function entryOf(pid: number): Promise<ProcessEntry> {
  const { comm, parentPid, startTicks } = await readStat('/proc', pid);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
  const startedNs = BigInt(startTicks) * 10_000_000n + 1_234_567n;
  return { serial: 1, tgid: pid, startedNs, parentTgid: parentPid, uid, cgroupId: 0n, comm, exe: undefined };
}
