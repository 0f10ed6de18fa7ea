import type { FoundDetection } from './follow-aggregator.ts';
import { type Expectation, LABELS, type Scenario } from './scenario.ts';

/** What came of one source: from nothing to a detection that outputs send on. */
const RESULTS = ['none', 'recognised_cadence', 'tentative', 'confirmed'] as const;
type Result = (typeof RESULTS)[number];

/** One source of a scenario, at its end. */
export type Observation = {
  readonly detections: readonly Pick<FoundDetection, 'confidence' | 'endReason'>[];
  /** Services that its programs really reached or were refused by. */
  readonly groundTruth: number;
  /** Services that the product counted. */
  readonly counted: number;
  /** From the start of the scenario to the answer with its first detection. */
  readonly secondsToDetection?: number;
};

/** One line of the result, in the words of the JSON; numbers are sums over the sources. */
export type Verdict = {
  readonly name: string;
  readonly label: string;
  readonly program: string;
  readonly expected: Expectation;
  readonly got: Result;
  readonly groundTruth: number;
  readonly counted: number;
  /** Until the last of its sources was detected; null if one was not. */
  readonly secondsToDetection: number | null;
  readonly ok: boolean;
};

type Judged = Pick<Scenario, 'name' | 'program' | 'expected'>;

/** Compares what a scenario must lead to with what it led to. */
export function judge({ name, program, expected }: Judged, observations: readonly Observation[]): Verdict {
  const ranks = observations.map(({ detections }) => rank(detections));
  // Every source must be detected, and no source may be.
  const got = RESULTS[expected === 'detection' ? Math.min(...ranks) : Math.max(...ranks)]!;
  const seconds = observations.map(({ secondsToDetection }) => secondsToDetection);
  return {
    name,
    label: LABELS[expected],
    program,
    expected,
    got,
    groundTruth: sum(observations.map(({ groundTruth }) => groundTruth)),
    counted: sum(observations.map(({ counted }) => counted)),
    secondsToDetection: seconds.every((value) => value !== undefined) ? Math.max(...seconds) : null,
    ok: isOk(expected, got, observations),
  };
}

function rank(detections: Observation['detections']): number {
  return Math.max(0, ...detections.map((detection) => RESULTS.indexOf(resultOf(detection))));
}

function resultOf({ confidence, endReason }: Observation['detections'][number]): Result {
  if (confidence === 'CONFIRMED') return 'confirmed';
  return endReason === 'RECOGNISED_CADENCE' ? 'recognised_cadence' : 'tentative';
}

function isOk(expected: Expectation, got: Result, observations: readonly Observation[]): boolean {
  // A program that reached nothing proves nothing.
  if (expected !== 'anything' && observations.some(({ groundTruth }) => groundTruth === 0)) return false;
  const exact = observations.every(({ counted, groundTruth }) => counted === groundTruth);
  switch (expected) {
    case 'detection':
      return exact && (got === 'tentative' || got === 'confirmed');
    case 'sightings':
      return exact && got === 'none';
    case 'silence':
      return got !== 'confirmed';
    case 'anything':
      return true;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
