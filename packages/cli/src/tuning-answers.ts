/** What the documents of tuning-documents.ts are answered with. */

import type { Label } from './read-labels.ts';

type SeverityCounts = {
  readonly low: number;
  readonly medium: number;
  readonly high: number;
  readonly total: number;
};

export type PolicyChange = {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly weakens: boolean;
};

export type WhatIfModel = {
  readonly model: string;
  /** Null if the model is not at work. */
  readonly presentLow: number | null;
  readonly candidateLow: number | null;
  readonly present: SeverityCounts;
  readonly candidate: SeverityCounts;
  readonly curve: readonly {
    readonly low: number;
    readonly confirmed: number;
    readonly detections: SeverityCounts;
  }[];
};

export type WhatIfSource = {
  readonly source: string;
  readonly sourcePrefixBits: number | null;
  readonly model: string;
  readonly present: number;
  readonly candidate: number;
  readonly gained: number;
  readonly lost: number;
  readonly raised: number;
  readonly lowered: number;
};

export type WhatIfDetection = {
  readonly model: string;
  readonly source: string;
  readonly sourcePrefixBits: number | null;
  readonly severity: string;
  readonly confidence: string;
  readonly rule: string;
  readonly distinctServices: number;
  readonly distinctHosts: number;
  readonly startedAt: string;
};

type WhatIfResult = {
  readonly sightings: number;
  readonly evicted: number;
  readonly presentTotal: number;
  readonly candidateTotal: number;
  readonly gainedTotal: number;
  readonly lostTotal: number;
  readonly changedSources: number;
  readonly models: readonly WhatIfModel[];
  /** Of each list the first 500. */
  readonly sources: readonly WhatIfSource[];
  readonly gained: readonly WhatIfDetection[];
  readonly lost: readonly WhatIfDetection[];
};

/** A what-if that is done. */
export type WhatIf = {
  readonly id: string;
  readonly since: string;
  readonly until: string;
  readonly labels: readonly Label[];
  readonly changes: readonly PolicyChange[];
  readonly result: WhatIfResult;
};

type Thresholds = Omit<SeverityCounts, 'total'>;

export type Suggestion = {
  readonly detectionsPerWeek: number;
  readonly historySeconds: number;
  /** YAML. */
  readonly document: string;
  readonly models: readonly {
    readonly model: string;
    /** False: with the greatest thresholds that agents take it would still be more. */
    readonly reached: boolean;
    readonly present: Thresholds;
    readonly suggested: Thresholds;
    readonly presentPerWeek: number;
    readonly suggestedPerWeek: number;
    readonly otherRulesPerWeek: number;
  }[];
};

/** A what-if whose candidate was found. */
export type SuggestedWhatIf = WhatIf & { readonly result: { readonly suggestion: Suggestion } };

export type SuggestionAnswer = { readonly whatIf: SuggestedWhatIf | null };

export type WhatIfAnswer = { readonly whatIf: WhatIf | null };

export type StartedAnswer = { readonly result: { readonly id: string } };

export type ProgressAnswer = {
  readonly whatIf: { readonly state: string; readonly progress: number; readonly problem: string | null };
};

export type Exception = {
  readonly name: string;
  readonly reason: string | null;
  readonly owner: string | null;
  readonly sources: readonly string[] | null;
  readonly targets: readonly string[] | null;
  readonly ports: readonly number[] | null;
  readonly processes: readonly string[] | null;
  readonly expiresAt: string | null;
  readonly expired: boolean;
  readonly hits: number;
  readonly document: string;
  readonly selector: readonly Label[];
};

export type ExceptionsAnswer = { readonly exceptions: readonly Exception[] };

export type ChangedExceptionAnswer = { readonly result: Exception };

export type Habit = {
  readonly source: string;
  readonly sourcePrefixBits: number | null;
  readonly destination: string;
  readonly port: number;
  readonly decision: string | null;
  /** Null of what was not learnt, as are those below it. */
  readonly state: string | null;
  readonly since: string | null;
  readonly periodSeconds: number | null;
  readonly lastSeen: string | null;
};

export type HabitsAnswer = { readonly habits: readonly Habit[] };

export type DecidedHabitAnswer = { readonly result: Habit };
