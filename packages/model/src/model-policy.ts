import { type DetectionModel, MODEL_NAMES, type ModelName, modelNamed } from './detection-model.ts';
import type { Exception, HabitRule, ModelSettings, Policy } from './policy.ts';

/** The part of a policy that a detector of one model works by. */
export type ModelPolicy = ModelSettings & {
  readonly model: DetectionModel;
  readonly exceptions: readonly Exception[];
  readonly habits: readonly HabitRule[];
};

/** The policy of one model, at work or not. */
export function modelPolicy({ models, exceptions, habits }: Policy, name: ModelName): ModelPolicy {
  const { enabled, ...settings } = models[name];
  return { ...settings, model: modelNamed(name), exceptions, habits };
}

/** The policies of the models at work. */
export function enabledModels(policy: Policy): ModelPolicy[] {
  return MODEL_NAMES.filter((name) => policy.models[name].enabled).map((name) => modelPolicy(policy, name));
}
