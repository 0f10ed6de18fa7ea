import { enabledModels, MODEL_NAMES, MOST_SERVICES, type ModelName, type Policy } from '@connscan/model';

/** Points of a curve that nobody chose, from half of the threshold to sixteen times of it. */
const POINTS = 12;
const LEAST_SHARE = 0.5;
const MOST_TIMES = 16;

/** The policy with this threshold for low in every model; those above it are at least that. */
export function withLow(policy: Policy, low: number): Policy {
  const models = { ...policy.models };
  for (const name of MODEL_NAMES) models[name] = withModelLow(models[name], low);
  return { ...policy, models };
}

function withModelLow(settings: Policy['models'][ModelName], low: number): Policy['models'][ModelName] {
  const { medium, high } = settings.thresholds;
  return { ...settings, thresholds: { low, medium: Math.max(low, medium), high: Math.max(low, high) } };
}

/** Thresholds for low of the models at work, the least first. */
export function lowsOf(policies: readonly Policy[]): number[] {
  return sortedUnique(policies.flatMap(enabledModels).map(({ thresholds }) => thresholds.low));
}

/** Thresholds around those of the policies, which are among them, the least first. */
export function curveAround(policies: readonly Policy[]): number[] {
  const lows = lowsOf(policies);
  if (lows.length === 0) return [];
  const least = Math.max(1, Math.ceil(lows[0]! * LEAST_SHARE));
  const most = Math.min(MOST_SERVICES, lows.at(-1)! * MOST_TIMES);
  const points = Array.from({ length: POINTS }, (_, point) =>
    Math.round(least * (most / least) ** (point / (POINTS - 1))),
  );
  return sortedUnique([...points, ...lows]);
}

export function sortedUnique(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
