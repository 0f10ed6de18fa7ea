import type { Ring } from '@connscan/probe';

/** What the main thread and the thread of a ring say to each other. */
export type RingWorkerData = {
  readonly ring: Ring;
  /** Beats still to come of the workers that are to begin together, `BEATS` of each, and how many they are. */
  readonly gate: Int32Array;
};

/** Workers that wait for each other so often, without sleeping, have a core each when they begin. */
export const BEATS = 100;

/** `drain` and `stop` are answered with a `Drained`. */
export type Order = 'drain' | 'poll' | 'stop';

/** Everything read since the last answer; times are of the clock that all threads share. */
export type Drained = {
  readonly records: number;
  readonly checksum: number;
  readonly startNs: number;
  readonly endNs: number;
};
