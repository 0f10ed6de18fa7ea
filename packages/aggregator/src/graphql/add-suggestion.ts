import { findAgentIds } from '../policy/save-policies.ts';
import type { Thresholds } from '../tuning/suggested-policy.ts';
import type { ModelSuggestion, Suggestion } from '../tuning/suggestion.ts';
import { type LabelRefs, readLabels } from './add-labels.ts';
import type { WhatIfRef } from './add-what-if.ts';
import type { Builder } from './builder.ts';
import { readCount } from './read-count.ts';
import { Conflict, InvalidInput } from './user-error.ts';

const WEEK_MS = 7 * 86_400_000;

/** More detections than that nobody looks at. */
const MOST_PER_WEEK = 100_000;

/** What a what-if found that had its candidate to find. */
export function addSuggestionType(builder: Builder) {
  const ThresholdsType = builder.objectRef<Thresholds>('Thresholds').implement({
    authScopes: { viewer: true },
    description: 'Distinct services within the rollup period, for each severity.',
    fields: (t) => ({
      low: t.exposeInt('low', { description: 'For low severity.' }),
      medium: t.exposeInt('medium', { description: 'For medium severity.' }),
      high: t.exposeInt('high', { description: 'For high severity.' }),
    }),
  });

  const Model = builder.objectRef<ModelSuggestion>('ModelSuggestion').implement({
    authScopes: { viewer: true },
    description: 'Thresholds that would have kept one model at so many detections a week.',
    fields: (t) => ({
      model: t.exposeString('model', { description: 'Its name.' }),
      present: t.expose('present', { type: ThresholdsType, description: 'Those in force.' }),
      suggested: t.expose('suggested', {
        type: ThresholdsType,
        description: 'The least for low that does it, and for medium and high in the ratios of those in force.',
      }),
      presentPerWeek: t.exposeFloat('presentPerWeek', {
        description: 'Detections a week with the thresholds in force.',
      }),
      suggestedPerWeek: t.exposeFloat('suggestedPerWeek', {
        description: 'Detections a week with those suggested, as the replay has them.',
      }),
      otherRulesPerWeek: t.exposeFloat('otherRulesPerWeek', {
        description:
          'Of the latter those of slow scans and of corroborated ones, which the thresholds change nothing of: settings of their own, and exceptions, do.',
      }),
      reached: t.exposeBoolean('reached', {
        description: 'False: they are the greatest that agents take, and it would still be more than was asked for.',
      }),
    }),
  });

  return builder.objectRef<Suggestion>('Suggestion').implement({
    authScopes: { viewer: true },
    description: 'Thresholds that would have kept so many detections a week.',
    fields: (t) => ({
      detectionsPerWeek: t.exposeInt('detectionsPerWeek', { description: 'What was asked for, of each model.' }),
      historySeconds: t.float({
        description: 'What it is told from: the time from the first sighting, its hour, to the end.',
        resolve: ({ historyMs }) => historyMs / 1000,
      }),
      models: t.field({ type: [Model], description: 'Each model at work.', resolve: ({ models }) => [...models] }),
      document: t.exposeString('document', { description: 'The thresholds as setPolicy takes them, in YAML.' }),
    }),
  });
}

export function addSuggestion(builder: Builder, WhatIfType: WhatIfRef, { LabelInput }: LabelRefs): void {
  const Input = builder.inputType('SuggestionInput', {
    description: 'How many detections are wanted, and from which history that is to be told.',
    fields: (t) => ({
      detectionsPerWeek: t.int({ required: true, description: `Of each model at most, 0 to ${MOST_PER_WEEK}.` }),
      labels: t.field({
        type: [LabelInput],
        description: 'Of the agents whose policy it is, and whose sightings alone are replayed; all if left out.',
      }),
      since: t.field({ type: 'DateTime', description: 'From when; a week before `until` if left out.' }),
      until: t.field({ type: 'DateTime', description: 'To when; now if left out.' }),
    }),
  });

  builder.mutationField('startSuggestion', (t) =>
    t.field({
      type: WhatIfType,
      authScopes: { viewer: true },
      errors: { types: [InvalidInput, Conflict] },
      description:
        'Looks for the thresholds that would have kept so many detections a week, and replays what they would change: a what-if whose candidate is found. Nothing is changed by it.',
      args: { input: t.arg({ type: Input, required: true, description: 'What is wanted.' }) },
      async resolve(_root, { input }, { db, policies, whatIfs }) {
        const detectionsPerWeek = readCount('input.detectionsPerWeek', input.detectionsPerWeek, 0, MOST_PER_WEEK);
        const untilMs = input.until?.getTime() ?? Date.now();
        const sinceMs = input.since?.getTime() ?? untilMs - WEEK_MS;
        if (sinceMs >= untilMs) throw new InvalidInput('input.since', 'must be before until');
        const labels = readLabels('input.labels', input.labels ?? []);
        const { present } = await policies.propose({ labels, document: '{}' });
        const agentIds = input.labels?.length ? await findAgentIds(db, labels) : undefined;
        const whatIf = whatIfs.start({
          ...{ present, candidate: present, sinceMs, untilMs, labels, suggest: { detectionsPerWeek } },
          ...(agentIds && { agentIds }),
        });
        if (!whatIf) throw new Conflict('too many what-ifs wait already: let one of them end, or cancel it');
        return whatIf;
      },
    }),
  );
}
