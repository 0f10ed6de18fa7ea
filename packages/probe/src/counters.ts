/** Why the probe made no record of a transition or a reset, in the order of `enum connscan_filter`. */
export const FILTER_REASONS = [
  'transition',
  'not_tcp',
  'not_established',
  'talked',
  'long_lived',
  'loopback',
  'external',
  'timed_out',
  'netns',
  'other_reset',
  'rate',
] as const;

export type FilterReason = (typeof FILTER_REASONS)[number];

/**
 * What the probe did since it was attached, over all CPUs. While no event, a transition or a reset, is under way,
 * seen = submitted + reserveFailed + the sum of filtered; the kernel generated seen + recursionMisses.
 */
export type ProbeCounters = {
  readonly seen: number;
  readonly submitted: number;
  /** Records lost because their ring was full. */
  readonly reserveFailed: number;
  readonly filtered: Readonly<Record<FilterReason, number>>;
  /** Events that fell on a CPU in the middle of another one and were not seen; Linux 6.1 and newer. */
  readonly recursionMisses: number;
};

/** 64-bit words of `struct connscan_counters`; one per counting program and CPU. */
export const COUNTER_WORDS = 16;
const FIRST_FILTERED_WORD = 3;

/** Sums the counters mapped from the kernel. */
export function sumCounters(cells: BigUint64Array, recursionMisses: number): ProbeCounters {
  const sum = (word: number) => {
    let total = 0n;
    for (let cell = word; cell < cells.length; cell += COUNTER_WORDS) total += cells[cell]!;
    return Number(total);
  };
  const filtered = FILTER_REASONS.map((reason, index) => [reason, sum(FIRST_FILTERED_WORD + index)]);
  return {
    seen: sum(0),
    submitted: sum(1),
    reserveFailed: sum(2),
    filtered: Object.fromEntries(filtered) as Record<FilterReason, number>,
    recursionMisses,
  };
}
