import { basename } from 'node:path';
import type { IsProcess } from '@connscan/detector';
import type { MappedProcesses, ProcessEntry } from '@connscan/probe';

/** Processes that are remembered: a serial number names one program of one process for ever. */
const REMEMBERED = 1000;

/**
 * Whether a process has one of the names of an exception: its own name, the path that it was executed by, or the last
 * part of that path, as the kernel cuts names after 15 bytes. A process that the kernel has forgotten has none.
 */
export function createIsProcess({ find }: Pick<MappedProcesses, 'find'>): IsProcess {
  const known = new Map<number, Pick<ProcessEntry, 'comm' | 'exe'>>();

  function lookUp(serial: number) {
    const process = known.get(serial) ?? find(serial);
    if (!process || known.has(serial)) return process;
    known.set(serial, { comm: process.comm, exe: process.exe });
    if (known.size > REMEMBERED) known.delete(known.keys().next().value!);
    return process;
  }

  return (serial, names) => {
    if (serial === 0) return false;
    const process = lookUp(serial);
    if (!process) return false;
    const { comm, exe } = process;
    return names.some((name) => name === comm || (exe !== undefined && (name === exe || name === basename(exe))));
  };
}
