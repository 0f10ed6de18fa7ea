import type { RolloutRow } from '../store/schema.ts';
import { ALLOWED_ANYWAY, type RolloutView } from './look-at-rollouts.ts';

/** Why a running roll-out may not go on, with the numbers; undefined if nothing is wrong. */
export function rolloutProblem({ factor, forecast_per_hour }: RolloutRow, view: RolloutView): string | undefined {
  const { inReach, fitting, failedSince, elapsedMs, detections = 0, allowed = 0 } = view;
  if (failedSince > 0)
    return `${failedSince} of the ${inReach} agents within reach refused it: connscan agents says why`;
  if (detections <= allowed) return undefined;
  const seconds = Math.round(elapsedMs / 1000);
  const hourly = Number((forecast_per_hour ?? 0).toFixed(2));
  return `${detections} detections in ${seconds} s by ${inReach} of ${fitting} agents, where ${allowed} are allowed: ${factor} times the forecast of ${hourly} an hour for all, and never fewer than ${ALLOWED_ANYWAY}`;
}
