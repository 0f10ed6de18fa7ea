import type { Health } from '@connscan/wire';

/**
 * The two sums that hold from the kernel to the detector, exact while no event is under way: seen = submitted +
 * reserveFailed + filtered + unaccounted, submitted = processed + waiting.
 */
export type KernelSums = {
  readonly filtered: number;
  /** 0 but for events that ended while the counters were read. */
  readonly unaccounted: number;
  /** Records in the rings. */
  readonly waiting: number;
  /** Events that no record tells of although it should: a ring was full, or the program was already at work on the CPU. */
  readonly lost: number;
};

/** The sums of one health message. */
export function kernelSums(health: Health): KernelSums {
  const { seen, submitted, reserveFailed, recursionMisses, processed } = health;
  const filtered = Object.values(health.filtered).reduce((sum, events) => sum + events, 0);
  return {
    filtered,
    unaccounted: seen - submitted - reserveFailed - filtered,
    waiting: submitted - processed,
    lost: reserveFailed + recursionMisses,
  };
}
