import type { Logger } from '@connscan/program';
import type { AgentResources } from '@connscan/wire';

/**
 * What an agent may need beyond what it begins with, in bytes. With 48 MiB one that ran from sources kept its sightings back in the
 * middle of a scan: busy, it takes some 80 MiB more than at its start.
 */
const ROOM = 128 * 2 ** 20;

/** How often it is measured, in milliseconds; a look costs 20 µs. */
const LOOK_MS = 2000;

/**
 * What an agent does without, the first first, from so many MiB under the bound on. Snapshots of processes go first: each reads
 * files and is evidence only. Sightings next: they stay in the tables, and only what has to leave those is lost. Detections
 * and the counting never stop; their memory is fixed.
 */
const LEVELS = [
  ['snapshots', 12],
  ['sightings', 5],
] as const;

type Sheddable = (typeof LEVELS)[number][0];

/** It comes back when memory has fallen so many MiB further, so that it does not come and go. */
const HYSTERESIS = 5;

const MIB = 2 ** 20;

export type ResourceGuardOptions = {
  /** Resident memory of the process, in bytes. */
  readonly rssBytes: () => number;
  readonly heapBytes: () => number;
  /** Processor time of all threads since the start, in microseconds. */
  readonly cpuUs: () => number;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  /** Resident memory to stay within; raised at the start to what the agent takes then and 128 MiB, where that is more. */
  readonly boundBytes: number;
};

/** Sheds before the agent swells. */
export type ResourceGuard = {
  start(): void;
  stop(): void;
  /** Whether this may be done now. A snapshot that may not is counted as shed. */
  allows(what: Sheddable): boolean;
  /** What the agent does without now. */
  shedding(): Sheddable[];
  health(): AgentResources;
};

/** A guard that has not looked yet, and allows everything. */
export function createResourceGuard(options: ResourceGuardOptions): ResourceGuard {
  const { rssBytes, heapBytes, cpuUs, logger } = options;
  let { boundBytes } = options;
  const without = new Set<Sheddable>();
  let shedSnapshots = 0;
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const rss = rssBytes();
    for (const [what, under] of LEVELS) {
      const limit = boundBytes - under * MIB;
      if (!without.has(what) && rss > limit) {
        without.add(what);
        logger.warn({ rssBytes: rss, boundBytes, what }, 'memory is near its bound; the agent does without');
      } else if (without.has(what) && rss < limit - HYSTERESIS * MIB) {
        without.delete(what);
        logger.info({ rssBytes: rss, boundBytes, what }, 'memory is well within its bound again');
      }
    }
  }

  return {
    start() {
      boundBytes = Math.max(boundBytes, rssBytes() + ROOM);
      look();
      timer = setInterval(look, LOOK_MS);
    },
    stop: () => clearInterval(timer),
    allows(what) {
      if (!without.has(what)) return true;
      if (what === 'snapshots') shedSnapshots++;
      return false;
    },
    shedding: () => LEVELS.map(([what]) => what).filter((what) => without.has(what)),
    health: () => ({ rssBytes: rssBytes(), heapBytes: heapBytes(), cpuUs: cpuUs(), shedSnapshots }),
  };
}
