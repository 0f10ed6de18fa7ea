import { outcomeCode, type Policy } from '@connscan/model';
import { ABORTED, FAILED, UNCOUNTED } from './layout.ts';

/** A policy as the hot path wants it: plain numbers, times in milliseconds. */
export type Limits = {
  readonly windowMs: number;
  readonly updateMs: number;
  readonly confirmMs: number;
  /** Least time between an alert and the next one for changed targets: a fast scan must not alert each half second. */
  readonly changeMs: number;
  readonly low: number;
  readonly medium: number;
  readonly high: number;
  readonly corroboratedAborted: number;
  readonly corroboratedFailed: number;
  /** Class by the code of an outcome; 0 for a code that names none. */
  readonly classes: Uint8Array;
};

/** The limits of a policy. */
export function limitsOf(policy: Policy): Limits {
  const windowMs = policy.rollupPeriodSeconds * 1000;
  const updateMs = policy.updateIntervalSeconds * 1000;
  return {
    windowMs,
    updateMs,
    confirmMs: policy.confirmSeconds * 1000,
    changeMs: Math.min(windowMs, updateMs) / 10,
    ...policy.thresholds,
    corroboratedAborted: policy.corroborated.abortedServices,
    corroboratedFailed: policy.corroborated.failedServices,
    classes: classesOf(policy.countEmptyClose),
  };
}

function classesOf(countEmptyClose: boolean): Uint8Array {
  const classes = new Uint8Array(8);
  classes[outcomeCode('reset')] = ABORTED;
  classes[outcomeCode('empty_close')] = countEmptyClose ? ABORTED : UNCOUNTED;
  classes[outcomeCode('responder_reset')] = UNCOUNTED;
  classes[outcomeCode('refused')] = FAILED;
  classes[outcomeCode('unanswered')] = FAILED;
  return classes;
}

/** Whether few aborted services stand beside so many failed ones that they are a scan all the same. */
export function isCorroborated(limits: Limits, aborted: number, failed: number): boolean {
  return aborted >= limits.corroboratedAborted && failed >= limits.corroboratedFailed;
}

/** Whether a source with these counts of services is over its limits: an episode starts and goes on. */
export function isOver(limits: Limits, aborted: number, failed: number): boolean {
  return aborted >= limits.low || isCorroborated(limits, aborted, failed);
}
