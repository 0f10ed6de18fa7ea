import type { ModelPolicy } from '@connscan/model';

export type Thresholds = ModelPolicy['thresholds'];

/**
 * Whether some thresholds find what others do while a source never has more aborted services in its window than the peak: what is in
 * it does not depend on them, so a threshold above the peak is as good as another. An address of IPv6 in an episode is left out of
 * what its /64 counts, so there the same detections must have begun: by the same threshold for low, or by none.
 */
export function areAlike(some: Thresholds, others: Thresholds, peak: number): boolean {
  const isAlike = (one: number, other: number) => one === other || (one > peak && other > peak);
  return isAlike(some.low, others.low) && isAlike(some.medium, others.medium) && isAlike(some.high, others.high);
}
