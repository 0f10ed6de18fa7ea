import { createSameVisit, type SameVisit } from '@connscan/detector';
import { type Comparison, compareDetections, joinComparisons } from './compare-detections.ts';
import { countFinds } from './count-finds.ts';
import { createSourceFinder } from './create-source-finder.ts';
import { groupSightings, type SourceSightings } from './group-sightings.ts';
import { REPLAY_KEY } from './replay-key.ts';
import { createSourceSet } from './source-set.ts';
import { lowsOf, withLow } from './what-if-curve.ts';
import type { ReplayTask, WhatIfPart } from './what-if-task.ts';

export type PartOptions = Omit<ReplayTask, 'id'> & { readonly onProgress: (progress: number) => void };

/** Services of one source that are told apart: beyond these it forgets some. 256 KiB, which stay in the cache. */
const VISIT_SLOTS = 2 ** 14;

/** Replays one share of the sources with both policies, and with the candidate at each threshold of the curve. */
export function replayPart({ present, candidate, curve, sources, ...task }: PartOptions): WhatIfPart {
  const wanted = sources && createSourceSet(sources);
  const sameVisit = createSameVisit({ key: REPLAY_KEY, slots: VISIT_SLOTS });
  const lowest = Math.min(...curve, ...lowsOf([present, candidate]));
  const finder = createSourceFinder({ ...task, lowest });
  const points = curve.map((low) => ({ low, policy: withLow(candidate, low), finds: countFinds(candidate) }));
  const [presentFinds, candidateFinds] = [countFinds(present), countFinds(candidate)];
  const comparisons: Comparison[] = [];

  function onSource(all: SourceSightings): void {
    if (wanted && !wanted.has(all.words, 0)) return;
    const find = finder.open(withoutRepeated(all, sameVisit));
    const [after, before] = [find(candidate), find(present)];
    candidateFinds.add(after);
    presentFinds.add(before);
    if (before !== after) comparisons.push(compareDetections(before, after));
    for (const { policy, finds } of points) finds.add(find(policy));
  }

  groupSightings({ ...task, onSource });
  return {
    ...{ present: presentFinds.all(), candidate: candidateFinds.all(), comparison: joinComparisons(comparisons) },
    curve: points.map(({ low, finds }) => ({ low, models: finds.all() })),
    evicted: finder.evicted(),
  };
}

/** What one sensor tells of, another one tells of too. */
function withoutRepeated(all: SourceSightings, { isRepeated }: SameVisit): SourceSightings {
  const { words, ports, outcomes, times, sensors } = all;
  let count = 0;
  for (let n = 0; n < all.count; n++) {
    if (isRepeated(words, n * 8, n * 8 + 4, ports[n]!, outcomes[n]!, times[n]!, sensors[n]!)) continue;
    if (n !== count) {
      words.copyWithin(count * 8, n * 8, n * 8 + 8);
      ports[count] = ports[n]!;
      outcomes[count] = outcomes[n]!;
      times[count] = times[n]!;
    }
    count++;
  }
  return { ...all, count };
}
