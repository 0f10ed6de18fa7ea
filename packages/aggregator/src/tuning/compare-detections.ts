import { SEVERITIES } from '@connscan/model';
import type { ReplayedDetection } from './what-if-task.ts';

/** What a source would gain and lose. */
export type ComparedSource = Pick<ReplayedDetection, 'model' | 'source' | 'sourcePrefixBits'> & {
  readonly present: number;
  readonly candidate: number;
  readonly gained: number;
  readonly lost: number;
  /** Found by both policies, at a higher or lower severity by the candidate. */
  readonly raised: number;
  readonly lowered: number;
};

export type Comparison = {
  readonly gained: readonly ReplayedDetection[];
  readonly lost: readonly ReplayedDetection[];
  /** Those for which anything changes, the most changed first. */
  readonly sources: readonly ComparedSource[];
};

/** How many there are, where the lists have the first ones alone. */
export type ComparisonTotals = {
  readonly gainedTotal: number;
  readonly lostTotal: number;
  readonly changedSources: number;
};

export type JoinedComparison = Comparison & ComparisonTotals;

/** Rows of each list that are kept. */
const MOST_ROWS = 500;

/**
 * What is found by one policy and not by the other. Two detections are of one scan if model and source are the same and their
 * times meet: another threshold is crossed at another moment.
 */
export function compareDetections(
  present: readonly ReplayedDetection[],
  candidate: readonly ReplayedDetection[],
): Comparison {
  const before = Map.groupBy(present, keyOf);
  const after = Map.groupBy(candidate, keyOf);
  const gained: ReplayedDetection[] = [];
  const lost: ReplayedDetection[] = [];
  const sources: ComparedSource[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, young] = [before.get(key) ?? [], after.get(key) ?? []];
    const added = young.filter((detection) => !old.some((other) => meet(detection, other)));
    const gone = old.filter((detection) => !young.some((other) => meet(detection, other)));
    const rises = old.flatMap((detection) =>
      young.filter((other) => meet(detection, other)).map((other) => rankOf(other) - rankOf(detection)),
    );
    const raised = rises.filter((rise) => rise > 0).length;
    const lowered = rises.filter((rise) => rise < 0).length;
    if (added.length + gone.length + raised + lowered === 0) continue;
    gained.push(...added);
    lost.push(...gone);
    const { model, source, sourcePrefixBits } = (old[0] ?? young[0])!;
    sources.push({
      ...{ model, source, ...(sourcePrefixBits && { sourcePrefixBits }) },
      ...{ present: old.length, candidate: young.length },
      ...{ gained: added.length, lost: gone.length, raised, lowered },
    });
  }
  return { gained: gained.sort(byStart), lost: lost.sort(byStart), sources: sources.sort(byChange) };
}

/** Comparisons of different sources as one; of its lists the first rows. */
export function joinComparisons(comparisons: readonly (Comparison & Partial<ComparisonTotals>)[]): JoinedComparison {
  const sum = (of: (comparison: (typeof comparisons)[number]) => number) =>
    comparisons.reduce((total, comparison) => total + of(comparison), 0);
  return {
    gained: comparisons
      .flatMap(({ gained }) => gained)
      .sort(byStart)
      .slice(0, MOST_ROWS),
    lost: comparisons
      .flatMap(({ lost }) => lost)
      .sort(byStart)
      .slice(0, MOST_ROWS),
    sources: comparisons
      .flatMap(({ sources }) => sources)
      .sort(byChange)
      .slice(0, MOST_ROWS),
    gainedTotal: sum(({ gainedTotal, gained }) => gainedTotal ?? gained.length),
    lostTotal: sum(({ lostTotal, lost }) => lostTotal ?? lost.length),
    changedSources: sum(({ changedSources, sources }) => changedSources ?? sources.length),
  };
}

function keyOf({ model, source, sourcePrefixBits }: ReplayedDetection): string {
  return `${model} ${source} ${sourcePrefixBits ?? ''}`;
}

function meet(one: ReplayedDetection, other: ReplayedDetection): boolean {
  const end = ({ endedMs = Number.POSITIVE_INFINITY }: ReplayedDetection) => endedMs;
  return one.startedMs <= end(other) && other.startedMs <= end(one);
}

function rankOf({ severity }: ReplayedDetection): number {
  return SEVERITIES.indexOf(severity);
}

function byStart(one: ReplayedDetection, other: ReplayedDetection): number {
  return one.startedMs - other.startedMs || (keyOf(one) < keyOf(other) ? -1 : 1);
}

function byChange(one: ComparedSource, other: ComparedSource): number {
  const change = ({ gained, lost, raised, lowered }: ComparedSource) => (gained + lost) * 1000 + raised + lowered;
  return change(other) - change(one) || (one.source < other.source ? -1 : 1);
}
