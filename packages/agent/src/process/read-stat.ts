import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Clock ticks of /proc are hundredths of a second on every architecture that Node.js runs on. */
const TICK_NS = 10_000_000n;

export type Stat = {
  readonly comm: string;
  readonly parentPid: number;
  /** Clock ticks from boot to the start of the process. */
  readonly startTicks: number;
};

/** Reads PID/stat. Rejects as the file system does. */
export async function readStat(proc: string, pid: number): Promise<Stat> {
  return parseStat(await readFile(join(proc, String(pid), 'stat'), 'utf8'));
}

/** The name is between the first parenthesis and the last one, and may hold parentheses, spaces and line feeds itself. */
export function parseStat(text: string): Stat {
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  return {
    comm: text.slice(text.indexOf('(') + 1, end),
    // Fields 4 and 22, counted from 1; field 3 is the first behind the name.
    parentPid: Number(fields[1]),
    startTicks: Number(fields[19]),
  };
}

export function ticksOf(startedNs: bigint): number {
  return Number(startedNs / TICK_NS);
}

/** Milliseconds from boot to the tick. */
export function bootMsOf(startTicks: number): number {
  return startTicks * 10;
}
