import { type ModelPolicy, OUTCOMES, outcomeCode } from '@connscan/model';
import { ABORTED, FAILED, UNCOUNTED } from './layout.ts';
import { type Rules, rulesOf } from './rules.ts';

/** A policy as the hot path wants it: plain numbers, times in milliseconds. */
export type Limits = {
  readonly windowMs: number;
  readonly updateMs: number;
  readonly confirmMs: number;
  readonly warmUpMs: number;
  /** Least time between an alert and the next one for changed targets: a fast scan must not alert each half second. */
  readonly changeMs: number;
  readonly low: number;
  readonly medium: number;
  readonly high: number;
  readonly corroboratedAborted: number;
  readonly corroboratedFailed: number;
  readonly slow: number;
  readonly slowMs: number;
  readonly cadence: boolean;
  readonly probationMs: number;
  readonly forgetMs: number;
  /** Class by the code of an outcome; 0 for a code that names none. */
  readonly classes: Uint8Array;
  readonly rules: Rules;
};

/** The limits of a policy. */
export function limitsOf(policy: ModelPolicy): Limits {
  const windowMs = policy.rollupPeriodSeconds * 1000;
  const updateMs = policy.updateIntervalSeconds * 1000;
  return {
    windowMs,
    updateMs,
    confirmMs: policy.confirmSeconds * 1000,
    warmUpMs: policy.warmUpSeconds * 1000,
    changeMs: Math.min(windowMs, updateMs) / 10,
    low: policy.thresholds.low,
    medium: policy.thresholds.medium,
    high: policy.thresholds.high,
    corroboratedAborted: policy.corroborated.abortedServices,
    corroboratedFailed: policy.corroborated.failedServices,
    slow: policy.slow.services,
    slowMs: policy.slow.periodSeconds * 1000,
    cadence: policy.cadence.enabled,
    probationMs: policy.cadence.probationSeconds * 1000,
    forgetMs: policy.cadence.forgetSeconds * 1000,
    classes: classesOf(policy),
    rules: rulesOf(policy),
  };
}

function classesOf({ model, countEmptyClose }: ModelPolicy): Uint8Array {
  const classes = new Uint8Array(8);
  for (const outcome of OUTCOMES) classes[outcomeCode(outcome)] = UNCOUNTED;
  for (const outcome of model.failed) classes[outcomeCode(outcome)] = FAILED;
  for (const outcome of model.counted) classes[outcomeCode(outcome)] = ABORTED;
  if (!countEmptyClose) classes[outcomeCode('empty_close')] = UNCOUNTED;
  return classes;
}

/** Whether few aborted services stand beside so many failed ones that they are a scan all the same. */
export function isCorroborated(limits: Limits, aborted: number, failed: number): boolean {
  return aborted >= limits.corroboratedAborted && failed >= limits.corroboratedFailed;
}

/** Whether a source with these counts of services is over its limits: an episode starts and goes on. */
export function isOver(limits: Limits, aborted: number, failed: number, slow: number): boolean {
  return aborted >= limits.low || slow >= limits.slow || isCorroborated(limits, aborted, failed);
}
