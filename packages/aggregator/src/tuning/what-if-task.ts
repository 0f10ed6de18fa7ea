import type { MessagePort } from 'node:worker_threads';
import type { Detection, ModelName, Policy } from '@connscan/model';
import type { JoinedComparison } from './compare-detections.ts';
import type { SeverityCounts } from './severity-counts.ts';
import type { SightingRows } from './sighting-rows.ts';
import type { SightingsChoice } from './sightings-copy.ts';

/** What a detection would have been, without its evidence: a what-if may make very many. */
export type ReplayedDetection = Pick<
  Detection,
  | 'model'
  | 'source'
  | 'sourcePrefixBits'
  | 'severity'
  | 'confidence'
  | 'rule'
  | 'distinctServices'
  | 'distinctHosts'
  | 'distinctPorts'
  | 'failedServices'
  | 'slowServices'
  | 'startedMs'
  | 'endedMs'
>;

/** Where a worker reads sightings: from the server, or from the main thread, which alone has the embedded store. */
export type SightingsSource = { readonly postgresUrl: string } | { readonly port: MessagePort };

/** One stretch of the history. */
export type ReadTask = {
  readonly source: SightingsSource;
  readonly choice: SightingsChoice;
  /** Sightings, about. */
  readonly expected: number;
};

/** A share of the sources. */
export type ReplayTask = {
  readonly id: string;
  /** One number that all workers share: how many buckets of the sightings were taken. Who is done with one takes the next. */
  readonly taken: Int32Array;
  /** All that there are: those of each stretch, in the order of time. */
  readonly stretches: readonly SightingRows[];
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Only these sources, as sightingsCopy takes them. */
  readonly sources?: readonly string[];
  readonly present: Policy;
  readonly candidate: Policy;
  /** Thresholds for low, the least first; none of the two policies is below the first. */
  readonly curve: readonly number[];
};

/** What a policy finds with one model. */
export type ModelFinds = {
  readonly model: ModelName;
  readonly counts: SeverityCounts;
  readonly confirmed: number;
  /** By rules that the thresholds have no say in. */
  readonly otherRules: number;
  /** Those with a detection, as sightingsCopy takes them. */
  readonly sources: readonly string[];
};

/** What the candidate finds at one threshold. */
export type CurvePoint = { readonly low: number; readonly models: readonly ModelFinds[] };

export type WhatIfPart = {
  readonly present: readonly ModelFinds[];
  readonly candidate: readonly ModelFinds[];
  readonly comparison: JoinedComparison;
  readonly curve: readonly CurvePoint[];
  /** What lost its place in full tables: where it is not 0, the detections may be too few. */
  readonly evicted: number;
};

/** What a worker tells while it replays: how far all of them are. */
export type WhatIfProgress = { readonly id: string /** 0 to 1. */; readonly progress: number };
