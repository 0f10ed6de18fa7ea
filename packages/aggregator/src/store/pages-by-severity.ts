import { SEVERITIES, type Severity } from '@connscan/model';
import type { DetectionPosition } from './detection-order.ts';
import type { Page } from './page.ts';

/**
 * A page by severity as pages of the severities it has, each with the latest start first: together they are it. A part of it
 * is then one of time, in which its sightings are too.
 */
export function pagesBySeverity(
  { after, before, ...page }: Page<DetectionPosition>,
  wanted: readonly Severity[] | null | undefined,
) {
  const severities = page.reversed ? SEVERITIES : SEVERITIES.toReversed();
  return severities
    .filter((severity) => !wanted || wanted.includes(severity))
    .map((severity) => ({ severity, rank: SEVERITIES.indexOf(severity) }))
    .filter(({ rank }) => !(after && rank > after.values[0]!) && !(before && rank < before.values[0]!))
    .map(({ severity, rank }) => ({
      order: 'newest' as const,
      severity: [severity],
      page: { ...page, after: within(after, rank), before: within(before, rank) },
    }));
}

/** The place among those of a severity; undefined if it is not among them. */
function within(place: DetectionPosition | undefined, rank: number): DetectionPosition | undefined {
  return place && place.values[0] === rank ? { id: place.id, values: place.values.slice(1) } : undefined;
}
