import { enabledModels, MODEL_NAMES, type ModelName, type Policy } from '@connscan/model';
import { type JoinedComparison, joinComparisons } from './compare-detections.ts';
import { joinFinds } from './count-finds.ts';
import type { Replayed } from './create-replayer.ts';
import { type SeverityCounts, totalOf } from './severity-counts.ts';
import type { Suggestion } from './suggestion.ts';
import type { CurvePoint, ModelFinds, WhatIfPart } from './what-if-task.ts';

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

export type WhatIfResult = JoinedComparison & {
  readonly models: readonly ModelTotals[];
  readonly presentTotal: number;
  readonly candidateTotal: number;
  readonly sightings: number;
  readonly evicted: number;
  /** Of one whose candidate was to be found. */
  readonly suggestion?: Suggestion;
};

type PolicyPair = { readonly present: Policy; readonly candidate: Policy };

const NOTHING = { counts: { low: 0, medium: 0, high: 0 }, confirmed: 0, otherRules: 0 };

/** What all shares of the sources together say. */
export function resultOf({ parts, sightings }: Replayed, { present, candidate }: PolicyPair): WhatIfResult {
  const before = joinFinds(parts.map((part) => part.present));
  const after = joinFinds(parts.map((part) => part.candidate));
  const curve = curveOf(parts);
  const of = (finds: readonly ModelFinds[], name: ModelName) => finds.find(({ model }) => model === name) ?? NOTHING;
  const lowOf = (policy: Policy, name: ModelName) =>
    enabledModels(policy).find(({ model }) => model.name === name)?.thresholds.low;
  const models = MODEL_NAMES.filter((name) => lowOf(present, name) ?? lowOf(candidate, name)).map((model) => ({
    model,
    present: of(before, model).counts,
    candidate: of(after, model).counts,
    candidateOtherRules: of(after, model).otherRules,
    presentLow: lowOf(present, model),
    candidateLow: lowOf(candidate, model),
    curve: curve.map(({ low, models: finds }) => {
      const { counts, confirmed } = of(finds, model);
      return { low, confirmed, counts };
    }),
  }));
  return {
    models,
    presentTotal: before.reduce((sum, { counts }) => sum + totalOf(counts), 0),
    candidateTotal: after.reduce((sum, { counts }) => sum + totalOf(counts), 0),
    ...joinComparisons(parts.map(({ comparison }) => comparison)),
    sightings,
    evicted: parts.reduce((sum, part) => sum + part.evicted, 0),
  };
}

/** What all shares have at each threshold. */
export function curveOf(parts: readonly WhatIfPart[]): CurvePoint[] {
  return (parts[0]?.curve ?? []).map(({ low }, index) => {
    return { low, models: joinFinds(parts.map(({ curve }) => curve[index]!.models)) };
  });
}
