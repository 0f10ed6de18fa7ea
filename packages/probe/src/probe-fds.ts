import type { Ring } from './map-ring.ts';
import type { ProcessTable } from './process-table.ts';

/**
 * `attribution`: which process opened a connection or listened for it; `paths`: the path of its program; `listeners`: who
 * listened already when the probe was opened; `refused`: attempts that this host refused.
 */
export type OptionalProgram = 'attribution' | 'paths' | 'listeners' | 'refused';

/** A part that this kernel does not take, while the rest of the probe works. */
export type Unavailable = { readonly program: OptionalProgram; readonly reason: string };

/** All that a probe is, as file descriptors and plain values: as JSON it may pass an exec. */
export type ProbeFds = {
  readonly rings: readonly Ring[];
  readonly processes: ProcessTable;
  readonly counters: { readonly fd: number; readonly cells: number };
  readonly settings: number;
  readonly internal: number;
  readonly scope: number;
  /** By their names in bpf/connscan.bpf.c. */
  readonly programs: Readonly<Record<string, number>>;
  /** While these are open, the programs run. */
  readonly links: readonly number[];
  /** What the maps `internal` and `scope` hold, in hexadecimal. */
  readonly internalKeys: readonly string[];
  readonly scopeKeys: readonly string[];
  readonly unavailable: readonly Unavailable[];
};

/** Every file descriptor, once. */
export function descriptorsOf(fds: ProbeFds): number[] {
  const { links, rings, processes, counters, settings, internal, scope, programs } = fds;
  const maps = [processes.fd, counters.fd, settings, internal, scope];
  return [...links, ...Object.values(programs), ...rings.map(({ fd }) => fd), ...maps];
}
