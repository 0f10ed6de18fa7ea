import type { MessagePort } from 'node:worker_threads';
import type { Detection, Policy } from '@connscan/model';

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

/** Hours of the history that are read at once. */
export type Stretch = { readonly sinceMs: number; readonly untilMs: number };

/** Where a worker reads sightings: from the server, or from the main thread, which alone has the embedded store. */
export type SightingsSource = { readonly postgresUrl: string } | { readonly port: MessagePort };

/** One share of the sources of a what-if. */
export type WhatIfTask = {
  readonly id: string;
  readonly part: number;
  readonly parts: number;
  readonly source: SightingsSource;
  /** In order. Time begins with the first and ends with the last. */
  readonly stretches: readonly Stretch[];
  /** Sightings of them all, about. */
  readonly expected: number;
  readonly agentIds?: readonly string[];
  /** Only these sources, as sightingsCopy takes them. */
  readonly sources?: readonly string[];
  readonly present: Policy;
  readonly candidate: Policy;
  /** Thresholds for low, the least first; none of the two policies is below the first. */
  readonly curve: readonly number[];
};

/** Detections of the candidate at one threshold. */
export type CurvePoint = { readonly low: number; readonly detections: readonly ReplayedDetection[] };

export type WhatIfPart = {
  readonly present: readonly ReplayedDetection[];
  readonly candidate: readonly ReplayedDetection[];
  readonly curve: readonly CurvePoint[];
  readonly sightings: number;
  /** What lost its place in full tables: where it is not 0, the detections may be too few. */
  readonly evicted: number;
};

/** What a worker tells while it works. */
export type WhatIfProgress = { readonly id: string; readonly part: number /** 0 to 1. */; readonly progress: number };
