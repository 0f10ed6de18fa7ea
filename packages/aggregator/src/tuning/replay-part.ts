import { createSameVisit, type SameVisit, SILENT_MS } from '@connscan/detector';
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

/** Replays the sources of all buckets that it gets with both policies, and with the candidate at each threshold of the curve. */
export function replayPart({ present, candidate, curve, sources, taken, ...task }: PartOptions): WhatIfPart {
  const wanted = sources && createSourceSet(sources);
  const sameVisit = createSameVisit({ key: REPLAY_KEY, slots: VISIT_SLOTS });
  const lowest = Math.min(...curve, ...lowsOf([present, candidate]));
  const finder = createSourceFinder({ ...task, lowest });
  const points = curve.map((low) => ({ low, policy: withLow(candidate, low), finds: countFinds(candidate) }));
  const [presentFinds, candidateFinds] = [countFinds(present), countFinds(candidate)];
  const comparisons: Comparison[] = [];

  function onSource(all: SourceSightings): void {
    if (wanted && !wanted.has(all.words, 0)) return;
    const find = finder.open(all, firstTold(all, sameVisit));
    const [after, before] = [find(candidate), find(present)];
    candidateFinds.add(after);
    presentFinds.add(before);
    if (before !== after) comparisons.push(compareDetections(before, after));
    for (const { policy, finds } of points) finds.add(find(policy));
  }

  groupSightings({ ...task, takeBucket: () => Atomics.add(taken, 0, 1), onSource });
  return {
    ...{ present: presentFinds.all(), candidate: candidateFinds.all(), comparison: joinComparisons(comparisons) },
    curve: points.map(({ low, finds }) => ({ low, models: finds.all() })),
    evicted: finder.evicted(),
  };
}

/** The rows without those that tell again what another sensor told. */
function firstTold(all: SourceSightings, { isRepeated }: SameVisit): Int32Array {
  const { words, ports, outcomes, times, sensors } = all;
  const rows = new Int32Array(all.count);
  let count = 0;
  let isBehind = false;
  for (let row = 0; row < all.count; row++) {
    const isBefore = row + 1 < all.count && times[row + 1]! - times[row]! < SILENT_MS;
    // Most sightings of most sources are alone, and no other sensor tells of what they tell.
    const isAlone = !isBefore && !isBehind;
    isBehind = isBefore;
    if (isAlone || !isRepeated(words, row * 8, row * 8 + 4, ports[row]!, outcomes[row]!, times[row]!, sensors[row]!))
      rows[count++] = row;
  }
  return rows.subarray(0, count);
}
