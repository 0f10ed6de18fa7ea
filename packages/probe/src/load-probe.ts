import { FEATURES, type Loaded, type Native } from './native.ts';
import type { OptionalProgram, ProbeFds, Unavailable } from './probe-fds.ts';
import { orRefuse } from './refuse.ts';

export type LoadOptions = {
  readonly shards: number;
  readonly ringBytes: number;
  readonly seed: bigint;
  /** The trace instead of the probe. */
  readonly trace: boolean;
  readonly optional: readonly OptionalProgram[];
};

/**
 * Loads the probe, not yet attached, with all optional programs the kernel takes. Throws PROBE_REFUSED if it does not
 * even take the plain one.
 */
export function loadProbe(native: Native, options: LoadOptions): ProbeFds {
  const { optional } = options;
  try {
    return describe(load(native, options, optional), options, []);
  } catch {
    // Once more, one by one, to tell which it is.
  }
  const taken: OptionalProgram[] = [];
  const unavailable: Unavailable[] = [];
  let loaded = orRefuse(() => load(native, options, []));
  for (const program of optional) {
    try {
      const more = load(native, options, [...taken, program]);
      closeAll(native, loaded);
      loaded = more;
      taken.push(program);
    } catch (error) {
      unavailable.push({ program, reason: (error as Error).message });
    }
  }
  return describe(loaded, options, unavailable);
}

function load(native: Native, options: LoadOptions, optional: readonly OptionalProgram[]): Loaded {
  const { shards, ringBytes, seed, trace } = options;
  const features = optional.reduce((bits, program) => bits | FEATURES[program], trace ? FEATURES.trace : 0);
  const loaded: Partial<Loaded> = {};
  try {
    native.load(shards, ringBytes, seed, features, loaded);
    return loaded as Loaded;
  } catch (error) {
    closeAll(native, loaded);
    throw error;
  }
}

function closeAll(native: Native, { rings = [], programs = {}, ...loaded }: Partial<Loaded>): void {
  const { counters, settings, internal, scope, processes } = loaded;
  const maps = [counters, settings, internal, scope, processes].filter((fd) => fd !== undefined);
  for (const fd of [...rings, ...Object.values(programs), ...maps]) native.close(fd);
}

function describe(loaded: Loaded, { ringBytes }: LoadOptions, unavailable: readonly Unavailable[]): ProbeFds {
  const { settings, internal, scope, programs } = loaded;
  return {
    rings: loaded.rings.map((fd) => ({ fd, bytes: ringBytes })),
    processes: { fd: loaded.processes, entries: loaded.processEntries },
    counters: { fd: loaded.counters, cells: loaded.cells },
    settings,
    internal,
    scope,
    programs,
    links: [],
    internalKeys: [],
    scopeKeys: [],
    unavailable,
  };
}
