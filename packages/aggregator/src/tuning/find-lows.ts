import { enabledModels, HIGHEST_LOW, MODEL_NAMES, type ModelName, type Policy } from '@connscan/model';
import { totalOf } from './severity-counts.ts';
import type { CurvePoint, ModelFinds } from './what-if-task.ts';

/** Detections of a policy at each of these thresholds for low, the least first; of all sources, or of those alone. */
type ReplayCurve = (
  policy: Policy,
  curve: readonly number[],
  sources?: readonly string[],
) => Promise<readonly CurvePoint[]>;

export type LowsOptions = {
  readonly policy: Policy;
  /** So many detections of each model at most. */
  readonly allowed: number;
  readonly replay: ReplayCurve;
  /** How much of the search is over, from 0 to 1. */
  readonly onProgress: (progress: number) => void;
};

/** With these the search begins: between two of them every threshold is tried. */
const COARSE = [8, 16, 32, HIGHEST_LOW];

/** So many thresholds are tried at once. */
const STEP = 8;

/** No fewer services are a scan, unless the policy says so already: a failed connection or two are everybody's. */
const LEAST_LOW = 3;

/** Of the search, as all sources are replayed for it. */
const COARSE_SHARE = 0.7;

/**
 * For each model at work the least threshold for low with which it has no more detections than allowed, and the greatest that
 * agents take where there is none. A higher threshold may have more detections, as one scan becomes two where it pauses;
 * but never more sources that have any. So a threshold with more sources than that is passed over, and each above it is
 * tried with the sources that it has alone: 4 replays of all sources and of the rest some 60 at most.
 */
export async function findLows({ policy, allowed, replay, onProgress }: LowsOptions): Promise<Map<ModelName, number>> {
  const coarse = await replay(policy, COARSE);
  onProgress(COARSE_SHARE);
  const models = enabledModels(policy);
  const lows = new Map<ModelName, number>();
  for (const [index, { model, thresholds }] of models.entries()) {
    const onLow = (low: number) =>
      onProgress(COARSE_SHARE + ((1 - COARSE_SHARE) * (index + low / HIGHEST_LOW)) / models.length);
    lows.set(model.name, await findLow(model.name, Math.min(LEAST_LOW, thresholds.low), onLow));
  }
  return lows;

  async function findLow(name: ModelName, least: number, onLow: (low: number) => void): Promise<number> {
    const own = ({ models: finds }: CurvePoint): ModelFinds => finds.find(({ model }) => model === name)!;
    const tooMany = coarse.filter((point) => own(point).sources.length > allowed).at(-1);
    let sources = tooMany && own(tooMany).sources;
    for (let from = tooMany ? tooMany.low + 1 : least; from <= HIGHEST_LOW; from += STEP) {
      const curve = Array.from({ length: Math.min(STEP, HIGHEST_LOW + 1 - from) }, (_, n) => from + n);
      const points = await replay(withOnly(policy, name), curve, sources);
      const point = points.find((one) => totalOf(own(one).counts) <= allowed);
      if (point) return point.low;
      sources = own(points.at(-1)!).sources;
      onLow(curve.at(-1)!);
    }
    return HIGHEST_LOW;
  }
}

function withOnly(policy: Policy, only: ModelName): Policy {
  const models = { ...policy.models };
  for (const name of MODEL_NAMES) models[name] = { ...models[name], enabled: name === only };
  return { ...policy, models };
}
