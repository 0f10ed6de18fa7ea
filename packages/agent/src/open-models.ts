import type { Detector } from '@connscan/detector';
import { createAddressSet, type DetectionModel, enabledModels, type ModelPolicy, type Policy } from '@connscan/model';
import type { Words } from '@connscan/probe';

/** A model, and the detector that works by it on the tables of one shard. */
export type OpenModel = { readonly model: DetectionModel; readonly detector: Detector };

/** Where a record goes whose two addresses begin at these words; allocates nothing. */
export type Route = (words: Words, sourceAt: number, destinationAt: number) => Detector | undefined;

export type OpenModels = {
  readonly models: readonly OpenModel[];
  readonly route: Route;
  /** Names of the policy's exceptions, in its order. */
  readonly exceptions: readonly string[];
};

/**
 * The models that a policy has at work, each with the detector that `open` gives for it, and the route to them. `mixedRings`:
 * whether the kernel may have recorded by another policy.
 */
export function openModels(
  policy: Policy,
  { mixedRings }: { readonly mixedRings: boolean },
  open: (policy: ModelPolicy, index: number) => Detector,
): OpenModels {
  const models = enabledModels(policy).map((one, index) => ({ model: one.model, detector: open(one, index) }));
  const [only] = models;
  // Where one model is at work, the kernel records nothing but what it takes.
  const route = models.length <= 1 && !mixedRings ? () => only?.detector : routeByAddress(models, policy.internalCidrs);
  return { models, route, exceptions: policy.exceptions.map(({ name }) => name) };
}

/** No two models take the same connection, and its addresses say which does. */
function routeByAddress(models: readonly OpenModel[], internalCidrs: readonly string[]): Route {
  const internal = createAddressSet(internalCidrs);
  const detectors: (Detector | undefined)[] = [undefined, undefined, undefined, undefined];
  for (const { model, detector } of models) {
    detectors[placeOf(model.from === 'internal', model.to === 'internal')] = detector;
  }
  return (words, sourceAt, destinationAt) =>
    detectors[placeOf(internal.has(words, sourceAt), internal.has(words, destinationAt))];
}

function placeOf(fromInternal: boolean, toInternal: boolean): number {
  return (fromInternal ? 2 : 0) + (toInternal ? 1 : 0);
}
