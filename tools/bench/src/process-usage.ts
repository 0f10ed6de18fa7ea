import { globSync, readFileSync } from 'node:fs';

/** Processor time of all threads of a process, user and system, in nanoseconds: the first field of schedstat. */
export function cpuTimeNs(pid: number): number {
  const threads = globSync(`/proc/${pid}/task/*/schedstat`);
  return threads.reduce((sum, file) => sum + Number(readFileSync(file, 'utf8').split(' ')[0]), 0);
}

/** Resident memory of a process, in MiB. What it shares with other programs, as the pages of Node, counts in full. */
export function rssMiB(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}
