import { checkRings } from './check-rings.ts';
import type { ProbeCounters } from './counters.ts';
import { loadProbe } from './load-probe.ts';
import type { Ring } from './map-ring.ts';
import { loadNative } from './native.ts';
import { openWatch } from './open-watch.ts';
import { attributionPrograms } from './probe.ts';
import type { Unavailable } from './probe-fds.ts';
import type { ProcessTable } from './process-table.ts';
import { orRefuse } from './refuse.ts';

export type TraceOptions = {
  /** Inodes of the network namespaces to watch, at most 512; all of them if left out. */
  readonly netns?: readonly number[];
  /** Bytes of the ring, a power of two and whole pages; 4 MiB, which are 65,536 transitions, if left out. */
  readonly ringBytes?: number;
  /** Whether transitions name the process of this host: the one that connected, or that listens; true if left out. */
  readonly attribution?: boolean;
};

/** Every transition of every TCP socket, loopback and external ones too: the probe of `connscan-agent trace`. */
export type Trace = {
  /** Of `struct connscan_transition`, to be read by the functions of transition.ts. */
  readonly ring: Ring;
  readonly processes: ProcessTable;
  /** What was asked for and the kernel does not take. */
  readonly unavailable: readonly Unavailable[];
  /** Of transitions instead of records: those in scope are submitted, or lost as the ring was full. */
  counters(): ProbeCounters;
  /** Detaches and frees it; the ring stays readable where it is mapped. A second call does nothing. */
  close(): void;
};

/** Loads and attaches the trace, beside a probe or alone. Throws as `openProbe` does. */
export function openTrace({ netns, ringBytes = 4 * 2 ** 20, attribution = true }: TraceOptions): Trace {
  const native = orRefuse(loadNative);
  checkRings(1, ringBytes, native.pageBytes);
  const optional = attributionPrograms(attribution);
  // One ring: nothing is hashed.
  const fds = loadProbe(native, { shards: 1, ringBytes, seed: 0n, trace: true, optional });
  const { attach, setNetns, counters, close } = openWatch(native, fds);
  try {
    setNetns(netns);
    attach();
    return { ring: fds.rings[0]!, processes: fds.processes, unavailable: fds.unavailable, counters, close };
  } catch (error) {
    close();
    throw error;
  }
}
