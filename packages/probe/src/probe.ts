import { availableParallelism } from 'node:os';
import type { Cidr } from '@connscan/model';
import { checkRings } from './check-rings.ts';
import type { ProbeCounters } from './counters.ts';
import { loadProbe } from './load-probe.ts';
import type { Ring } from './map-ring.ts';
import { loadNative } from './native.ts';
import { openWatch, type ProbeLimits, type Watch } from './open-watch.ts';
import { descriptorsOf, type OptionalProgram, type ProbeFds, type Unavailable } from './probe-fds.ts';
import type { ProcessTable } from './process-table.ts';
import { orRefuse } from './refuse.ts';
import { defaultRingBytes } from './ring-bytes.ts';

export type ProbeOptions = ProbeLimits & {
  /** Rings; all records of one source go to one of them. */
  readonly shards: number;
  /** Bytes of each ring, a power of two and whole pages; `defaultRingBytes` if left out. */
  readonly ringBytes?: number;
  /** What is inside; only connections between different addresses, on the sides asked for, are recorded. At most 1,024. */
  readonly internalCidrs: readonly Cidr[];
  /** Inodes of the network namespaces to watch, at most 512; all of them if left out. */
  readonly netns?: readonly number[];
  /** Whether records name the process of this host: the one that connected, or that listens; true if left out. */
  readonly attribution?: boolean;
  /** Whether this host records the attempts that it refused, bounded for each source; true if left out. */
  readonly refused?: boolean;
  /** Random bytes, as many as asked for; they key the hash that picks the shard. */
  readonly random: (bytes: number) => Uint8Array;
};

export type Probe = {
  /** One per shard; `mapRing` opens them in any thread. */
  readonly rings: readonly Ring[];
  /** The processes that the records name; `mapProcesses` opens it in any thread. */
  readonly processes: ProcessTable;
  /** What was asked for and the kernel does not take. */
  readonly unavailable: readonly Unavailable[];
  counters(): ProbeCounters;
  /** Replaces the internal ranges; a range in both is never absent. */
  setInternal(cidrs: readonly Cidr[]): void;
  /** Replaces the network namespaces in scope, undefined for all; one in both is never absent. */
  setNetns(inodes: readonly number[] | undefined): void;
  setLimits(limits: ProbeLimits): void;
  /**
   * Gives the running probe away, to `adoptProbe` in this process or, through `execWithoutPrivileges`, in the program
   * that follows. No event is lost meanwhile. This object is closed by it, but nothing in the kernel.
   */
  handOver(): ProbeFds;
  /** Ends the watch, but keeps rings and counters as they are, to be read to their end. */
  detach(): void;
  /** Detaches and frees the probe; a ring stays readable where it is mapped. A second call does nothing. */
  close(): void;
};

/**
 * Loads the probe into the kernel and attaches it. Throws BAD_USAGE for impossible options and PROBE_REFUSED, with the
 * reason and the remedy, if the kernel does not take it; nothing is left behind then.
 */
export function openProbe(options: ProbeOptions): Probe {
  const { shards, ringBytes = defaultRingBytes(shards, availableParallelism()), random } = options;
  const { attribution = true, refused = true } = options;
  const native = orRefuse(loadNative);
  checkRings(shards, ringBytes, native.pageBytes);

  const optional: OptionalProgram[] = [...attributionPrograms(attribution), ...(refused ? ['refused' as const] : [])];
  const seed = Buffer.from(random(8)).readBigUInt64LE();
  const fds = loadProbe(native, { shards, ringBytes, seed, trace: false, optional });
  const watch = openWatch(native, fds);
  try {
    // All is set before the first transition is seen.
    watch.setInternal(options.internalCidrs);
    watch.setNetns(options.netns);
    watch.setLimits(options);
    watch.attach();
    return probeOf(fds, watch);
  } catch (error) {
    watch.close();
    throw error;
  }
}

/**
 * Goes on with a probe that was handed over; it needs no privilege. Limits, ranges and scope are as they were. Throws
 * PROBE_REFUSED, and leaves them alone, if these descriptors are not of a probe.
 */
export function adoptProbe(fds: ProbeFds): Probe {
  const native = orRefuse(loadNative);
  for (const fd of descriptorsOf(fds)) orRefuse(() => native.takeOver(fd));
  return probeOf(fds, openWatch(native, fds));
}

/** What attribution loads. */
export function attributionPrograms(attribution: boolean): OptionalProgram[] {
  return attribution ? ['attribution', 'paths', 'listeners'] : [];
}

function probeOf({ rings, processes, unavailable }: ProbeFds, { attach: _, ...watch }: Watch): Probe {
  return { rings, processes, unavailable, ...watch };
}
