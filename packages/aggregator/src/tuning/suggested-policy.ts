import { HIGHEST_MEDIUM, MOST_SERVICES, type ModelName, type Policy } from '@connscan/model';
import { stringify } from 'yaml';

export type Thresholds = Policy['models'][ModelName]['thresholds'];

/**
 * Thresholds with another one for low, and the same ratios as before: 10, 25 and 100 with 20 for low are 20, 50 and 200. If 25 and
 * 100 stayed, low severity would be five services wide at 20 and nothing from 25 on: of the 23 detections of medium severity
 * that the tests' day of a fleet has, all would stay at 20; in the ratios 10 do, and the others are low. To keep the share of each
 * severity there are too few detections left: of five a week each is a fifth.
 */
export function scaleThresholds({ low: before, medium, high }: Thresholds, low: number): Thresholds {
  const scaled = (threshold: number, most: number) => Math.min(most, Math.round((threshold * low) / before));
  // What is beyond a bound is at it: the order stays, as that of the bounds is the same.
  return { low, medium: scaled(medium, HIGHEST_MEDIUM), high: scaled(high, MOST_SERVICES) };
}

/** The policy with other thresholds for some models. */
export function withThresholds(policy: Policy, thresholds: ReadonlyMap<ModelName, Thresholds>): Policy {
  const models = { ...policy.models };
  for (const [name, values] of thresholds) models[name] = { ...models[name], thresholds: values };
  return { ...policy, models };
}

/** These thresholds and nothing else, as setPolicy takes them: YAML. */
export function thresholdsDocument(thresholds: ReadonlyMap<ModelName, Thresholds>): string {
  return stringify({
    models: Object.fromEntries([...thresholds].map(([name, values]) => [name, { thresholds: values }])),
  });
}
