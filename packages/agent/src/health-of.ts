import type { ProbeCounters } from '@connscan/probe';
import type { DetectorHealth, Health } from '@connscan/wire';

/** The counters of the whole path, from the kernel to the queue. */
export function healthOf(
  kernel: ProbeCounters,
  processed: number,
  queueDropped: number,
  detector: DetectorHealth,
): Health {
  const { seen, submitted, reserveFailed, recursionMisses, filtered } = kernel;
  return { seen, submitted, reserveFailed, recursionMisses, filtered, processed, queueDropped, detector };
}
