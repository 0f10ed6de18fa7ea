import type { Severity } from '@connscan/model';

/** How many detections there are, by severity. */
export type SeverityCounts = Readonly<Record<Severity, number>>;

export function totalOf({ low, medium, high }: SeverityCounts): number {
  return low + medium + high;
}
