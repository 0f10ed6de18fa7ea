import { enabledModels, MODEL_NAMES, type ModelName, type Policy, type Rule } from '@connscan/model';
import { type Comparison, compareDetections, countSeverities, type SeverityCounts } from './compare-detections.ts';
import type { Suggestion } from './suggestion.ts';
import type { CurvePoint, ReplayedDetection, WhatIfPart } from './what-if-task.ts';

/** What a model would detect. */
export type ModelTotals = {
  readonly model: ModelName;
  readonly present: SeverityCounts;
  readonly candidate: SeverityCounts;
  /** Of the candidate those by rules that the thresholds have no say in. */
  readonly candidateOtherRules: number;
  /** Thresholds for low; undefined where the model is not at work. */
  readonly presentLow: number | undefined;
  readonly candidateLow: number | undefined;
  /** Detections of the candidate with each threshold for low, the least first. */
  readonly curve: readonly ({ readonly low: number; readonly confirmed: number } & {
    readonly counts: SeverityCounts;
  })[];
};

export type WhatIfResult = Comparison & {
  readonly models: readonly ModelTotals[];
  readonly presentTotal: number;
  readonly candidateTotal: number;
  readonly gainedTotal: number;
  readonly lostTotal: number;
  readonly changedSources: number;
  readonly sightings: number;
  readonly evicted: number;
  /** Of one whose candidate was to be found. */
  readonly suggestion?: Suggestion;
};

type PolicyPair = { readonly present: Policy; readonly candidate: Policy };

const OTHER_RULES: readonly Rule[] = ['slow', 'corroborated'];

/** Rows of each list that are kept; the totals count all. */
const MOST_ROWS = 500;

/** What all shares of the sources together say. */
export function resultOf(parts: readonly WhatIfPart[], { present, candidate }: PolicyPair): WhatIfResult {
  const all = (of: (part: WhatIfPart) => readonly ReplayedDetection[]) => parts.flatMap(of);
  const [before, after] = [all((part) => part.present), all((part) => part.candidate)];
  const { gained, lost, sources } = compareDetections(before, after);
  const lowOf = (policy: typeof present, name: ModelName) =>
    enabledModels(policy).find(({ model }) => model.name === name)?.thresholds.low;
  const curve = curveOf(parts);
  const models = MODEL_NAMES.filter((name) => lowOf(present, name) ?? lowOf(candidate, name)).map((model) => ({
    model,
    present: countSeverities(before, model),
    candidate: countSeverities(after, model),
    candidateOtherRules: after.filter((one) => one.model === model && OTHER_RULES.includes(one.rule)).length,
    presentLow: lowOf(present, model),
    candidateLow: lowOf(candidate, model),
    curve: curve.map(({ low, detections }) => ({
      low,
      confirmed: detections.filter((one) => one.model === model && one.confidence === 'confirmed').length,
      counts: countSeverities(detections, model),
    })),
  }));
  return {
    models,
    ...{ presentTotal: before.length, candidateTotal: after.length },
    ...{ gainedTotal: gained.length, lostTotal: lost.length, changedSources: sources.length },
    gained: gained.slice(0, MOST_ROWS),
    lost: lost.slice(0, MOST_ROWS),
    sources: sources.slice(0, MOST_ROWS),
    sightings: parts.reduce((sum, part) => sum + part.sightings, 0),
    evicted: parts.reduce((sum, part) => sum + part.evicted, 0),
  };
}

/** The detections of all shares at each threshold. */
export function curveOf(parts: readonly WhatIfPart[]): CurvePoint[] {
  return (parts[0]?.curve ?? []).map(({ low }, index) => {
    return { low, detections: parts.flatMap(({ curve }) => curve[index]!.detections) };
  });
}
