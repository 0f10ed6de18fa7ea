import { type ModelPolicy, OUTCOMES, type Override, outcomeCode } from '@connscan/model';
import { ABORTED, FAILED, UNCOUNTED } from './layout.ts';
import { type Rules, rulesOf } from './rules.ts';

/** How many services are too many: what an override may change. */
type Counts = {
  readonly low: number;
  readonly medium: number;
  readonly high: number;
  readonly corroboratedAborted: number;
  readonly corroboratedFailed: number;
  readonly slow: number;
};

/** A policy as the hot path wants it: plain numbers, times in milliseconds. */
export type Limits = {
  readonly windowMs: number;
  readonly updateMs: number;
  readonly confirmMs: number;
  readonly warmUpMs: number;
  /** Least time between an alert and the next one for changed targets: a fast scan must not alert each half second. */
  readonly changeMs: number;
  readonly slowMs: number;
  /** 1 or 0. */
  readonly cadence: number;
  readonly probationMs: number;
  readonly forgetMs: number;
  /** The class of each outcome, in four bits by its code; 0 for a code that names none. */
  readonly classes: number;
  /** Those for all, then those of each override. */
  readonly counts: readonly Counts[];
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
    slowMs: policy.slow.periodSeconds * 1000,
    cadence: policy.cadence.enabled ? 1 : 0,
    probationMs: policy.cadence.probationSeconds * 1000,
    forgetMs: policy.cadence.forgetSeconds * 1000,
    classes: classesOf(policy),
    counts: [countsOf(policy, policy), ...policy.overrides.map((override) => countsOf(policy, override))],
    rules: rulesOf(policy),
  };
}

function countsOf(policy: ModelPolicy, override: Pick<Override, 'thresholds' | 'corroborated' | 'slow'>): Counts {
  const { low, medium, high } = override.thresholds ?? policy.thresholds;
  const corroborated = override.corroborated ?? policy.corroborated;
  return {
    low,
    medium,
    high,
    corroboratedAborted: corroborated.abortedServices,
    corroboratedFailed: corroborated.failedServices,
    slow: (override.slow ?? policy.slow).services,
  };
}

function classesOf({ model, countEmptyClose }: ModelPolicy): number {
  let classes = 0;
  for (const outcome of OUTCOMES) {
    const isCounted = model.counted.includes(outcome) && (countEmptyClose || outcome !== 'empty_close');
    const kind = isCounted ? ABORTED : model.failed.includes(outcome) ? FAILED : UNCOUNTED;
    classes |= kind << (outcomeCode(outcome) * 4);
  }
  return classes;
}
