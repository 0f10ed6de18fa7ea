import { loadNative } from './native.ts';
import { orRefuse } from './refuse.ts';

/** The processes that connected lately, and those that listen: plain, to be sent to worker threads of the same process. */
export type ProcessTable = { readonly fd: number; readonly entries: number };

/** A process as it was when it first connected, or listened, with its present program. */
export type ProcessEntry = {
  /** As a record has it: names this program of this process for ever. */
  readonly serial: number;
  /** Process id, in the initial PID namespace like `parentTgid`. */
  readonly tgid: number;
  /** Boot time; with `tgid` it tells processes apart that had the same number. */
  readonly startedNs: bigint;
  readonly parentTgid: number;
  /** In the initial user namespace. */
  readonly uid: number;
  /** Inode of its cgroup in the v2 hierarchy. */
  readonly cgroupId: bigint;
  /** Name of its main thread; any bytes are possible. */
  readonly comm: string;
  /**
   * As given to exec, possibly relative; of one that listened before the probe, whole. Undefined if it was started before
   * the probe and connects, or the path has 200 bytes or more.
   */
  readonly exe: string | undefined;
};

export type MappedProcesses = {
  /** Undefined if unknown, or overwritten since: at least 256 processes of each CPU are kept, of either kind. No system call. */
  find(serial: number): ProcessEntry | undefined;
  /** Unmaps the table; `find` throws a TypeError from then on. A second call does nothing. */
  close(): void;
};

/** Bytes of `struct connscan_process`. */
export const PROCESS_BYTES = 256;
const COMM_OFFSET = 40;
const EXE_OFFSET = 56;

/** Maps the table into the calling thread. The probe must be open. Throws PROBE_REFUSED if the kernel refuses. */
export function mapProcesses({ fd, entries }: ProcessTable): MappedProcesses {
  const native = orRefuse(loadNative);
  const bytes = Math.ceil((entries * PROCESS_BYTES) / native.pageBytes) * native.pageBytes;
  const pages = orRefuse(() => native.map(fd, 0, bytes, false));
  return { find: createProcessFinder(new Int32Array(pages), entries), close: () => native.unmap(pages) };
}

/** The lookup over the table's memory as 32-bit words; `entries` is a power of two. */
export function createProcessFinder(words: Int32Array, entries: number): MappedProcesses['find'] {
  return (serial) => {
    const at = ((serial & (entries - 1)) * PROCESS_BYTES) / 4;
    // The kernel clears the serial before it writes the rest, and sets it after that.
    const isWhole = () => Atomics.load(words, at) === (serial | 0);
    if (serial === 0 || !isWhole()) return undefined;
    const copy = Buffer.from(Uint8Array.from(new Uint8Array(words.buffer, at * 4, PROCESS_BYTES)).buffer);
    return isWhole() ? readProcess(copy, serial) : undefined;
  };
}

function readProcess(entry: Buffer, serial: number): ProcessEntry {
  return {
    serial,
    startedNs: entry.readBigUInt64LE(8),
    cgroupId: entry.readBigUInt64LE(16),
    tgid: entry.readUInt32LE(24),
    parentTgid: entry.readUInt32LE(28),
    uid: entry.readUInt32LE(32),
    comm: readString(entry.subarray(COMM_OFFSET, EXE_OFFSET)),
    exe: readString(entry.subarray(EXE_OFFSET)) || undefined,
  };
}

function readString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
