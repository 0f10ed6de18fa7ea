import { enabledModels, type ModelName, type Policy } from '@connscan/model';
import { totalOf } from './severity-counts.ts';
import { type Thresholds, thresholdsDocument } from './suggested-policy.ts';
import type { WhatIfResult } from './what-if-result.ts';

const WEEK_MS = 7 * 86_400_000;

/** Thresholds that would have kept a model at so many detections a week. */
export type ModelSuggestion = {
  readonly model: ModelName;
  readonly present: Thresholds;
  readonly suggested: Thresholds;
  /** Detections a week that the history has with either. */
  readonly presentPerWeek: number;
  readonly suggestedPerWeek: number;
  /** Of the latter those by rules that no threshold changes. */
  readonly otherRulesPerWeek: number;
  /** False: with the greatest thresholds that agents take it would still have been more. */
  readonly reached: boolean;
};

export type Suggestion = {
  /** What was asked for. */
  readonly detectionsPerWeek: number;
  /** From the first sighting's hour to the end. */
  readonly historyMs: number;
  readonly models: readonly ModelSuggestion[];
  /** YAML. */
  readonly document: string;
};

/** So many detections in a history are no more than so many a week. */
export function allowedIn(historyMs: number, detectionsPerWeek: number): number {
  return Math.floor((detectionsPerWeek * historyMs) / WEEK_MS);
}

/** What a replay of the present and the suggested policy says of a suggestion. */
export function suggestionOf(
  { models }: Pick<WhatIfResult, 'models'>,
  { present, candidate }: { readonly present: Policy; readonly candidate: Policy },
  { detectionsPerWeek, historyMs }: Pick<Suggestion, 'detectionsPerWeek' | 'historyMs'>,
): Suggestion {
  const suggested = new Map(enabledModels(candidate).map(({ model, thresholds }) => [model.name, thresholds]));
  return {
    ...{ detectionsPerWeek, historyMs },
    models: models.map(({ model, ...counts }) => {
      const [before, after] = [totalOf(counts.present), totalOf(counts.candidate)];
      return {
        ...{ model, present: present.models[model].thresholds, suggested: candidate.models[model].thresholds },
        presentPerWeek: (before * WEEK_MS) / historyMs,
        suggestedPerWeek: (after * WEEK_MS) / historyMs,
        otherRulesPerWeek: (counts.candidateOtherRules * WEEK_MS) / historyMs,
        reached: after <= allowedIn(historyMs, detectionsPerWeek),
      };
    }),
    document: thresholdsDocument(suggested),
  };
}
