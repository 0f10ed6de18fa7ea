import { setTimeout as delay } from 'node:timers/promises';
import { formatAddress } from '@connscan/model';
import {
  LOCAL_ADDRESS_WORD,
  type MappedProcesses,
  mapProcesses,
  mapRing,
  REMOTE_ADDRESS_WORD,
  recordAddress,
  TCP_STATES,
  type Trace,
  transitionAtMs,
  transitionError,
  transitionLocalPort,
  transitionNetns,
  transitionNewState,
  transitionOldState,
  transitionProcess,
  transitionRemotePort,
  type Words,
} from '@connscan/probe';

/** How long the ring is left alone between two looks, in milliseconds: what a person takes for live. */
const LOOK_MS = 20;

/** Transitions printed at once; a slow reader of the output is waited for in between. */
const AT_ONCE = 4096;

/** One step of one socket. The process is the one that connected, or that listens, on this side; absent if unknown. */
export type Transition = {
  readonly at: string;
  readonly pid?: number;
  readonly comm?: string;
  readonly exe?: string;
  readonly local: string;
  readonly localPort: number;
  readonly remote: string;
  readonly remotePort: number;
  readonly netns: number;
  readonly from: string;
  readonly to: string;
  /** The socket's errno; 0 is none. */
  readonly error: number;
};

export type PrintOptions = {
  readonly trace: Trace;
  readonly format: (transition: Transition) => string;
  /** Resolves when the output takes more. */
  readonly write: (text: string) => Promise<void>;
  readonly wallOffsetMs: number;
  /** Ends the trace after what is in the ring by then. */
  readonly signal: AbortSignal;
};

/** Prints every transition until the signal. */
export async function printTransitions({ trace, format, write, wallOffsetMs, signal }: PrintOptions): Promise<void> {
  const { reader, close } = mapRing(trace.ring);
  const processes = mapProcesses(trace.processes);
  try {
    for (;;) {
      const ended = signal.aborted;
      let lines: string[];
      do {
        lines = [];
        reader.drain((at) => lines.push(format(readTransition(reader.words, at, processes, wallOffsetMs))), AT_ONCE);
        if (lines.length > 0) await write(lines.join(''));
      } while (lines.length === AT_ONCE);
      if (ended) return;
      await delay(LOOK_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    processes.close();
    close();
  }
}

function readTransition(words: Words, at: number, processes: MappedProcesses, wallOffsetMs: number): Transition {
  const process = processes.find(transitionProcess(words, at));
  return {
    at: new Date(transitionAtMs(words, at) + wallOffsetMs).toISOString(),
    ...(process && { pid: process.tgid, comm: process.comm, ...(process.exe && { exe: process.exe }) }),
    local: formatAddress(recordAddress(words, at, LOCAL_ADDRESS_WORD)),
    localPort: transitionLocalPort(words, at),
    remote: formatAddress(recordAddress(words, at, REMOTE_ADDRESS_WORD)),
    remotePort: transitionRemotePort(words, at),
    netns: transitionNetns(words, at),
    from: TCP_STATES[transitionOldState(words, at)] ?? '?',
    to: TCP_STATES[transitionNewState(words, at)] ?? '?',
    error: transitionError(words, at),
  };
}

/** A transition as a line of columns. Control characters of a process's name become `?`. */
export function formatTransition({
  at,
  pid,
  comm,
  local,
  localPort,
  remote,
  remotePort,
  from,
  to,
  error,
}: Transition): string {
  const name = (comm ?? '-').replaceAll(/\p{Cc}/gu, '?');
  const columns = [
    at.slice(11, 23),
    String(pid ?? '-').padEnd(7),
    name.padEnd(15),
    `${local}:${localPort}`.padEnd(21),
    `${remote}:${remotePort}`.padEnd(21),
    from.padEnd(11),
    to.padEnd(11),
    error === 0 ? '' : `error ${error}`,
  ];
  return `${columns.join(' ').trimEnd()}\n`;
}

/** What the columns are. */
export const TRANSITION_HEAD = `${'TIME'.padEnd(12)} ${'PID'.padEnd(7)} ${'PROCESS'.padEnd(15)} ${'LOCAL'.padEnd(21)} ${'REMOTE'.padEnd(21)} ${'FROM'.padEnd(11)} TO\n`;
