import type { ProbeCounters } from '@connscan/probe';
import type { DetectorHealth, Health } from '@connscan/wire';

/** The counters of the path from the kernel to the detector's tables. */
export function healthOf(
  kernel: ProbeCounters,
  processed: number,
  detector: DetectorHealth,
): Omit<Health, 'spool' | 'resources' | 'canary' | 'clockAheadMs'> {
  const { seen, submitted, reserveFailed, recursionMisses, filtered } = kernel;
  return { seen, submitted, reserveFailed, recursionMisses, filtered, processed, detector };
}
