import { enabledModels, type ModelName, type Policy, type Rule } from '@connscan/model';
import { chosenSource } from './source-set.ts';
import type { ModelFinds, ReplayedDetection } from './what-if-task.ts';

/** Counts what a policy finds, source by source. */
export type FindsCounter = {
  /** All detections of one source. */
  add(detections: readonly ReplayedDetection[]): void;
  /** Of each model at work. */
  all(): ModelFinds[];
};

const OTHER_RULES: readonly Rule[] = ['slow', 'corroborated'];

export function countFinds(policy: Policy): FindsCounter {
  const models = new Map(enabledModels(policy).map(({ model }) => [model.name, nothingOf(model.name)]));
  return {
    add(detections) {
      for (const { model, severity, confidence, rule, source } of detections) {
        const finds = models.get(model)!;
        finds.counts[severity]++;
        if (confidence === 'confirmed') finds.confirmed++;
        if (OTHER_RULES.includes(rule)) finds.otherRules++;
        finds.sources.add(source);
      }
    },
    all: () =>
      [...models.values()].map(({ sources, ...finds }) => ({
        ...finds,
        sources: [...new Set([...sources].map(chosenSource))],
      })),
  };
}

/** What several shares of the sources have. */
export function joinFinds(shares: readonly (readonly ModelFinds[])[]): ModelFinds[] {
  return [...Map.groupBy(shares.flat(), ({ model }) => model)].map(([model, all]) => {
    const sum = (of: (finds: ModelFinds) => number) => all.reduce((total, finds) => total + of(finds), 0);
    return {
      model,
      counts: {
        low: sum(({ counts }) => counts.low),
        medium: sum(({ counts }) => counts.medium),
        high: sum(({ counts }) => counts.high),
      },
      confirmed: sum(({ confirmed }) => confirmed),
      otherRules: sum(({ otherRules }) => otherRules),
      sources: all.flatMap(({ sources }) => sources),
    };
  });
}

function nothingOf(model: ModelName) {
  return {
    model,
    counts: { low: 0, medium: 0, high: 0 },
    ...{ confirmed: 0, otherRules: 0, sources: new Set<string>() },
  };
}
