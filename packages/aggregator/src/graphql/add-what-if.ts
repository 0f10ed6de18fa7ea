import { MOST_SERVICES } from '@connscan/model';
import { type PolicyChange, policyDiff } from '../policy/policy-diff.ts';
import { findAgentIds } from '../policy/save-policies.ts';
import type { ComparedSource } from '../tuning/compare-detections.ts';
import { WHAT_IF_STATES, type WhatIf } from '../tuning/create-what-ifs.ts';
import { type SeverityCounts, totalOf } from '../tuning/severity-counts.ts';
import type { ModelTotals, WhatIfResult } from '../tuning/what-if-result.ts';
import type { ReplayedDetection } from '../tuning/what-if-task.ts';
import { type LabelRefs, listLabels, readLabels } from './add-labels.ts';
import type { PolicyRefs } from './add-policies.ts';
import { addSuggestion, addSuggestionType } from './add-suggestion.ts';
import type { Builder } from './builder.ts';
import type { Enums } from './enums.ts';
import { readCount } from './read-count.ts';
import { Conflict, InvalidInput, NotFound } from './user-error.ts';

const DAY_MS = 86_400_000;

/** So many thresholds of a curve somebody may choose. */
const MOST_POINTS = 20;

const MEANINGS = {
  WAITING: 'Others are before it.',
  RUNNING: 'It is replayed.',
  DONE: 'Its result is there.',
  FAILED: 'It came to no result; `problem` says why.',
  CANCELLED: 'Somebody ended it.',
} as const;

export function addWhatIf(
  builder: Builder,
  enums: Enums,
  labelRefs: LabelRefs,
  policyRefs: Pick<PolicyRefs, 'Change'>,
) {
  const { WhatIfType, Counts } = addWhatIfType(builder, enums, labelRefs, policyRefs);
  addStart(builder, WhatIfType, labelRefs);
  addSuggestion(builder, WhatIfType, labelRefs);
  addFollowing(builder, WhatIfType);
  return { Counts };
}

export type WhatIfRef = ReturnType<typeof addWhatIfType>['WhatIfType'];

function addWhatIfType(
  builder: Builder,
  { Severity, Confidence, Rule }: Enums,
  { Label }: LabelRefs,
  { Change }: Pick<PolicyRefs, 'Change'>,
) {
  const SuggestionType = addSuggestionType(builder);
  const Counts = builder.objectRef<SeverityCounts>('SeverityCounts').implement({
    authScopes: { viewer: true },
    description: 'How many detections, by severity.',
    fields: (t) => ({
      low: t.exposeInt('low', { description: 'Of low severity.' }),
      medium: t.exposeInt('medium', { description: 'Of medium severity.' }),
      high: t.exposeInt('high', { description: 'Of high severity.' }),
      total: t.int({ description: 'All of them.', resolve: totalOf }),
    }),
  });

  const Point = builder.objectRef<ModelTotals['curve'][number]>('WhatIfPoint').implement({
    authScopes: { viewer: true },
    description: 'What would be detected at one threshold.',
    fields: (t) => ({
      low: t.exposeInt('low', { description: 'Distinct services for low severity; those above it are at least that.' }),
      confirmed: t.exposeInt('confirmed', { description: 'How many of the detections would be confirmed.' }),
      detections: t.field({ type: Counts, description: 'How many there would be.', resolve: ({ counts }) => counts }),
    }),
  });

  const Model = builder.objectRef<ModelTotals>('WhatIfModel').implement({
    authScopes: { viewer: true },
    description: 'What one model would detect.',
    fields: (t) => ({
      model: t.exposeString('model', { description: 'Its name.' }),
      present: t.expose('present', { type: Counts, description: 'With the policy in force.' }),
      candidate: t.expose('candidate', { type: Counts, description: 'With the candidate.' }),
      presentLow: t.int({
        nullable: true,
        description: 'The threshold for low in force; null if the model is not at work.',
        resolve: ({ presentLow }) => presentLow ?? null,
      }),
      candidateLow: t.int({
        nullable: true,
        description: 'The threshold for low of the candidate; null if the model is not at work.',
        resolve: ({ candidateLow }) => candidateLow ?? null,
      }),
      curve: t.field({
        type: [Point],
        description: 'Detections of the candidate against its threshold for low, the least first.',
        resolve: ({ curve }) => [...curve],
      }),
    }),
  });

  const Source = builder.objectRef<ComparedSource>('WhatIfSource').implement({
    authScopes: { viewer: true },
    description: 'What a source would gain and lose.',
    fields: (t) => ({
      source: t.expose('source', { type: 'Address', description: 'The source.' }),
      sourcePrefixBits: t.int({
        nullable: true,
        description: '64 if it is the /64 that the address begins; null for the one address.',
        resolve: ({ sourcePrefixBits }) => sourcePrefixBits ?? null,
      }),
      model: t.exposeString('model', { description: 'By which model.' }),
      present: t.exposeInt('present', { description: 'Detections with the policy in force.' }),
      candidate: t.exposeInt('candidate', { description: 'Detections with the candidate.' }),
      gained: t.exposeInt('gained', { description: 'Those of the candidate alone.' }),
      lost: t.exposeInt('lost', { description: 'Those of the policy in force alone.' }),
      raised: t.exposeInt('raised', { description: 'Those of both with a higher severity by the candidate.' }),
      lowered: t.exposeInt('lowered', { description: 'Those of both with a lower severity by the candidate.' }),
    }),
  });

  const Detection = builder.objectRef<ReplayedDetection>('WhatIfDetection').implement({
    authScopes: { viewer: true },
    description: 'A detection as a policy would have made it.',
    fields: (t) => ({
      model: t.exposeString('model', { description: 'By which model.' }),
      source: t.expose('source', { type: 'Address', description: 'The source.' }),
      sourcePrefixBits: t.int({
        nullable: true,
        description: '64 if it is the /64 that the address begins; null for the one address.',
        resolve: ({ sourcePrefixBits }) => sourcePrefixBits ?? null,
      }),
      severity: t.expose('severity', { type: Severity, description: 'Its highest severity.' }),
      confidence: t.expose('confidence', { type: Confidence, description: 'Whether it would be confirmed.' }),
      rule: t.expose('rule', { type: Rule, description: 'Why.' }),
      distinctServices: t.exposeInt('distinctServices', { description: 'Distinct pairs of host and port, at most.' }),
      distinctHosts: t.exposeInt('distinctHosts', { description: 'Distinct hosts of them.' }),
      failedServices: t.exposeInt('failedServices', { description: 'Services that refused or did not answer.' }),
      startedAt: t.field({
        type: 'DateTime',
        description: 'When it would have started.',
        resolve: ({ startedMs }) => new Date(startedMs),
      }),
      endedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it would have ended; null if it was open at the end of the history.',
        resolve: ({ endedMs }) => (endedMs === undefined ? null : new Date(endedMs)),
      }),
    }),
  });

  const Result = builder.objectRef<WhatIfResult>('WhatIfResult').implement({
    authScopes: { viewer: true },
    description: 'What would have been detected. Of each list the first 500; the totals count all.',
    fields: (t) => ({
      sightings: t.expose('sightings', { type: 'Count', description: 'How many were replayed.' }),
      evicted: t.expose('evicted', {
        type: 'Count',
        description: 'What had no place in full tables; if it is not 0, the detections may be too few.',
      }),
      models: t.field({ type: [Model], description: 'Each model at work.', resolve: ({ models }) => [...models] }),
      presentTotal: t.exposeInt('presentTotal', { description: 'Detections with the policy in force.' }),
      candidateTotal: t.exposeInt('candidateTotal', { description: 'Detections with the candidate.' }),
      gainedTotal: t.exposeInt('gainedTotal', { description: 'Those of the candidate alone.' }),
      lostTotal: t.exposeInt('lostTotal', { description: 'Those of the policy in force alone.' }),
      gained: t.field({
        type: [Detection],
        description: 'Those of the candidate alone, the first first.',
        resolve: ({ gained }) => [...gained],
      }),
      lost: t.field({
        type: [Detection],
        description: 'Those of the policy in force alone, the first first.',
        resolve: ({ lost }) => [...lost],
      }),
      changedSources: t.exposeInt('changedSources', { description: 'Sources for which anything changes.' }),
      sources: t.field({
        type: [Source],
        description: 'Sources for which anything changes, the most changed first.',
        resolve: ({ sources }) => [...sources],
      }),
      suggestion: t.field({
        type: SuggestionType,
        nullable: true,
        description: 'What startSuggestion asked for; null if the candidate was given.',
        resolve: ({ suggestion }) => suggestion ?? null,
      }),
    }),
  });

  const State = builder.enumType('WhatIfState', {
    description: 'How far a what-if is.',
    values: Object.fromEntries(
      WHAT_IF_STATES.map((value) => [value, { value, description: MEANINGS[value] }]),
    ) as Record<WhatIf['state'], { value: WhatIf['state']; description: string }>,
  });

  const WhatIfType = builder.objectRef<WhatIf>('WhatIf').implement({
    authScopes: { viewer: true },
    description: 'A policy that is tried on recorded sightings, beside the one in force.',
    fields: (t) => ({
      id: t.field({ type: 'ID', description: 'Its name, until the aggregator ends.', resolve: ({ id }) => id }),
      state: t.expose('state', { type: State, description: 'How far it is.' }),
      progress: t.exposeFloat('progress', { description: 'How much is replayed, from 0 to 1.' }),
      problem: t.string({
        nullable: true,
        description: 'Why it failed; null if it did not.',
        resolve: ({ problem }) => problem ?? null,
      }),
      since: t.field({
        type: 'DateTime',
        description: 'From when sightings are replayed.',
        resolve: ({ sinceMs }) => new Date(sinceMs),
      }),
      until: t.field({
        type: 'DateTime',
        description: 'To when sightings are replayed.',
        resolve: ({ untilMs }) => new Date(untilMs),
      }),
      labels: t.field({
        type: [Label],
        description: 'Of the agents whose policy it is.',
        resolve: ({ labels }) => listLabels(labels),
      }),
      changes: t.field({
        type: [Change],
        description: 'In what the candidate differs; nothing as long as it is looked for.',
        resolve: ({ present, candidate }): PolicyChange[] => policyDiff(present, candidate),
      }),
      result: t.field({
        type: Result,
        nullable: true,
        description: 'What was found; null until it is done.',
        resolve: ({ result }) => result ?? null,
      }),
    }),
  });

  return { WhatIfType, Counts };
}

function addStart(builder: Builder, WhatIfType: WhatIfRef, { LabelInput }: LabelRefs): void {
  const Input = builder.inputType('WhatIfInput', {
    description: 'A policy to try, and on what. Exactly one of document and version.',
    fields: (t) => ({
      document: t.string({
        description: 'YAML or JSON, as in setPolicy, laid over everything in force: it names only what is to change.',
      }),
      name: t.string({
        description: 'The document takes the place of the one of this name, instead of being laid over all.',
      }),
      version: t.field({ type: 'Count', description: 'A document that was set, such as a draft.' }),
      labels: t.field({
        type: [LabelInput],
        description: 'Of the agents whose policy it is, and whose sightings alone are replayed; all if left out.',
      }),
      since: t.field({ type: 'DateTime', description: 'From when; a day before `until` if left out.' }),
      until: t.field({ type: 'DateTime', description: 'To when; now if left out.' }),
      curve: t.intList({
        description: `Thresholds of the curve, at most ${MOST_POINTS}; some around those of the policies if left out.`,
      }),
    }),
  });

  builder.mutationField('startWhatIf', (t) =>
    t.field({
      type: WhatIfType,
      authScopes: { viewer: true },
      errors: { types: [InvalidInput, NotFound, Conflict] },
      description: 'Replays recorded sightings by the same detector as agents have. Nothing is changed by it.',
      args: { input: t.arg({ type: Input, required: true, description: 'What to try.' }) },
      async resolve(_root, { input }, { db, policies, whatIfs }) {
        const { document, version } = input;
        if ((document == null) === (version == null)) throw new InvalidInput('input', 'must have document or version');
        const untilMs = input.until?.getTime() ?? Date.now();
        const sinceMs = input.since?.getTime() ?? untilMs - DAY_MS;
        if (sinceMs >= untilMs) throw new InvalidInput('input.since', 'must be before until');
        const curve = input.curve?.map((low) => readCount('input.curve', low, 1, MOST_SERVICES));
        if (curve) readCount('input.curve', curve.length, 1, MOST_POINTS);
        const labels = readLabels('input.labels', input.labels ?? []);
        const proposal = {
          ...{ labels, document: document ?? undefined, name: input.name ?? undefined, version: version ?? undefined },
        };
        const policyPair = await policies.propose(proposal);
        const agentIds = input.labels?.length ? await findAgentIds(db, labels) : undefined;
        const whatIf = whatIfs.start({
          ...policyPair,
          ...{ sinceMs, untilMs, labels },
          ...(agentIds && { agentIds }),
          ...(curve && { curve }),
        });
        if (!whatIf) throw new Conflict('too many what-ifs wait already: let one of them end, or cancel it');
        return whatIf;
      },
    }),
  );
}

function addFollowing(builder: Builder, WhatIfType: WhatIfRef): void {
  builder.mutationField('cancelWhatIf', (t) =>
    t.field({
      type: WhatIfType,
      authScopes: { viewer: true },
      errors: { types: [NotFound] },
      description: 'Ends a what-if; one that is over stays as it is.',
      args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
      resolve(_root, { id }, { whatIfs }) {
        const whatIf = whatIfs.cancel(id);
        if (!whatIf) throw new NotFound(id, `there is no what-if ${id}`);
        return whatIf;
      },
    }),
  );

  builder.queryField('whatIf', (t) =>
    t.field({
      type: WhatIfType,
      nullable: true,
      authScopes: { viewer: true },
      description: 'One what-if; null if there is none, or no longer: the last 32 are kept.',
      args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
      resolve: (_root, { id }, { whatIfs }) => whatIfs.find(id) ?? null,
    }),
  );

  builder.subscriptionField('whatIfProgress', (t) =>
    t.field({
      type: WhatIfType,
      authScopes: { viewer: true },
      description:
        'A what-if as it is, then each time that it gets on, until it is over. A slow reader hears less often.',
      args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
      subscribe(_root, { id }, { whatIfs }) {
        const events = whatIfs.follow(`${id}`);
        if (!events) throw new NotFound(`${id}`, `there is no what-if ${id}`);
        return events;
      },
      resolve: (whatIf) => whatIf,
    }),
  );
}
