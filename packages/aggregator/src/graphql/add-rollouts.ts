import type { RolloutView } from '../policy/look-at-rollouts.ts';
import { ALLOWED_ANYWAY } from '../policy/look-at-rollouts.ts';
import { findRollouts, ROLLOUT_STATES, type RolloutState } from '../policy/rollouts.ts';
import type { RolloutRow } from '../store/schema.ts';
import { type PolicyRefs, readReason } from './add-policies.ts';
import type { Builder } from './builder.ts';
import { readCount } from './read-count.ts';
import { Conflict, InvalidInput, NotFound, ReasonMissing } from './user-error.ts';

const DEFAULT_STAGES = [0.05, 0.25, 1];
const MOST_STAGES = 10;
const DEFAULT_SOAK_SECONDS = 600;
const MOST_SOAK_SECONDS = 7 * 86_400;
const DEFAULT_FACTOR = 2;
const MOST_FACTOR = 100;
const MOST_AN_HOUR = 1_000_000;

export function addRollouts(builder: Builder, { Policy }: Pick<PolicyRefs, 'Policy'>): void {
  const State = builder.enumType('PolicyRolloutState', {
    description: 'How far a roll-out is.',
    values: Object.fromEntries(
      Object.entries(ROLLOUT_STATES).map(([value, description]) => [value, { value, description }]),
    ) as Record<RolloutState, { value: RolloutState; description: string }>,
  });

  const Convergence = builder.objectRef<RolloutView>('PolicyConvergence').implement({
    authScopes: { viewer: true },
    description: 'How far agents have followed a roll-out. Those within reach are in one of the last four counts.',
    fields: (t) => ({
      fitting: t.exposeInt('fitting', { description: 'Agents that the document fits, within reach or not.' }),
      inReach: t.exposeInt('inReach', { description: 'Those for which it holds by now.' }),
      applied: t.exposeInt('applied', { description: 'Those that work by it.' }),
      applying: t.exposeInt('applying', { description: 'Those that are alive and not there yet.' }),
      failed: t.exposeInt('failed', { description: 'Those that refused it; the notes of their policy say why.' }),
      silent: t.exposeInt('silent', {
        description: 'Those of which nothing is heard and that did not follow; a roll-out does not wait for them.',
      }),
    }),
  });

  const Rollout = builder.objectRef<RolloutRow>('PolicyRollout').implement({
    authScopes: { viewer: true },
    description: 'A draft that is made to hold for one share of the agents after the other.',
    fields: (t) => ({
      version: t.expose('version', { type: 'Count', description: 'Version of the document.' }),
      name: t.string({
        description: 'What the document is a version of.',
        resolve: async ({ version }, _args, { policies }) =>
          (await policies.all()).find((policy) => policy.version === version)!.name,
      }),
      state: t.expose('state', { type: State, description: 'How far it is.' }),
      note: t.exposeString('note', {
        description: 'Why it is paused, or what it waits for; empty if nothing is to say.',
      }),
      stages: t.floatList({ description: 'Shares of the agents, rising to 1.', resolve: ({ stages }) => [...stages] }),
      stage: t.int({
        nullable: true,
        description: 'Which of them it has reached, from 1; null if none yet.',
        resolve: ({ stage, state, forecast_per_hour }) =>
          state === 'FORECASTING' || forecast_per_hour === null ? null : stage + 1,
      }),
      stageSince: t.expose('stage_since', {
        type: 'DateTime',
        description: 'Since when the stage is watched. A pause that ends begins it anew.',
      }),
      soakSeconds: t.float({
        description: 'How long each stage but the last is watched, in seconds.',
        resolve: ({ soak_ms }) => soak_ms / 1000,
      }),
      factor: t.exposeFloat('factor', { description: 'So many times the forecast pause it.' }),
      forecastPerHour: t.expose('forecast_per_hour', {
        type: 'Float',
        nullable: true,
        description: 'Detections in an hour of all agents that it fits; null until that is known.',
      }),
      detections: t.int({
        nullable: true,
        description:
          'Detections that began since the stage did and that agents within reach told; null if it is neither running nor paused.',
        resolve: async (rollout, _args, { rolloutViews }) => (await rolloutViews.load(rollout)).detections ?? null,
      }),
      observedPerHour: t.float({
        nullable: true,
        description: 'The same for an hour; null where `detections` is, and within the first second.',
        async resolve(rollout, _args, { rolloutViews }) {
          const { detections, elapsedMs } = await rolloutViews.load(rollout);
          return detections === undefined || elapsedMs < 1000 ? null : (detections * 3_600_000) / elapsedMs;
        },
      }),
      allowed: t.int({
        nullable: true,
        description: `How many detections the stage may have had until now: \`factor\` times the forecast, for the share of the agents that is within reach, and ${ALLOWED_ANYWAY} at least. Null where \`detections\` is.`,
        resolve: async (rollout, _args, { rolloutViews }) => (await rolloutViews.load(rollout)).allowed ?? null,
      }),
      convergence: t.field({
        type: Convergence,
        description: 'How far the agents have followed.',
        resolve: (rollout, _args, { rolloutViews }) => rolloutViews.load(rollout),
      }),
      actor: t.exposeString('actor', { description: 'Who began it.' }),
      createdAt: t.expose('created', { type: 'DateTime', description: 'When it was begun.' }),
    }),
  });

  builder.objectField(Policy, 'rollout', (t) =>
    t.field({
      type: Rollout,
      nullable: true,
      description: 'How it was or is rolled out; null if it never was.',
      resolve: ({ version }, _args, { rolloutsOf }) => rolloutsOf.load(version),
    }),
  );

  builder.queryField('policyRollouts', (t) =>
    t.field({
      type: [Rollout],
      authScopes: { viewer: true },
      description: 'Every roll-out, that of the latest document first.',
      args: { states: t.arg({ type: [State], description: 'Only those in one of these states.' }) },
      resolve: (_root, { states }, { db }) => findRollouts(db, states ?? undefined),
    }),
  );

  const versionArg = { type: 'Count', required: true, description: 'Version of the document.' } as const;
  const reasonArg = { description: 'Why, for the audit log.' };

  builder.mutationField('rollOutPolicy', (t) =>
    t.field({
      type: Rollout,
      authScopes: { tuner: true },
      errors: { types: [InvalidInput, NotFound, Conflict, ReasonMissing] },
      description:
        'Rolls a draft out, to one share of the agents after the other. It pauses itself when an agent refuses it, or when detections exceed the forecast.',
      args: {
        version: t.arg({ ...versionArg, description: 'Version of the draft.' }),
        stages: t.arg.floatList({
          description: `Shares of the agents that it fits, ${MOST_STAGES} at most, rising to 1; ${DEFAULT_STAGES.join(', ')} if left out.`,
        }),
        soakSeconds: t.arg.int({
          description: `How long each stage but the last is watched, ${MOST_SOAK_SECONDS} seconds at most; ${DEFAULT_SOAK_SECONDS} if left out.`,
        }),
        factor: t.arg.float({
          description: `So many times the forecast pause it, 1 to ${MOST_FACTOR}; ${DEFAULT_FACTOR} if left out.`,
        }),
        forecastPerHour: t.arg.float({
          description:
            'Detections in an hour to expect of all agents that it fits. If left out, a what-if of the last day tells.',
        }),
        reason: t.arg.string({
          description: 'Why, for the audit log. Needed if the fleet sees less by it and the draft has none.',
        }),
      },
      resolve(_root, { version, stages, soakSeconds, factor, forecastPerHour, reason }, { rollouts, actor }) {
        return rollouts.start({
          version,
          stages: readStages(stages ?? DEFAULT_STAGES),
          soakMs: readCount('soakSeconds', soakSeconds ?? DEFAULT_SOAK_SECONDS, 0, MOST_SOAK_SECONDS) * 1000,
          factor: readCount('factor', factor ?? DEFAULT_FACTOR, 1, MOST_FACTOR),
          forecastPerHour:
            forecastPerHour == null ? undefined : readCount('forecastPerHour', forecastPerHour, 0, MOST_AN_HOUR),
          ...{ reason: readReason(reason), actor: actor.name },
        });
      },
    }),
  );

  builder.mutationField('pauseRollout', (t) =>
    t.field({
      type: Rollout,
      authScopes: { tuner: true },
      errors: { types: [InvalidInput, NotFound, Conflict] },
      description: 'Stops a roll-out where it is. Agents that have its document keep it.',
      args: { version: t.arg(versionArg), reason: t.arg.string(reasonArg) },
      resolve: (_root, { version, reason }, { rollouts, actor }) =>
        rollouts.pause(version, { reason: readReason(reason), actor: actor.name }),
    }),
  );

  builder.mutationField('resumeRollout', (t) =>
    t.field({
      type: Rollout,
      authScopes: { tuner: true },
      errors: { types: [InvalidInput, NotFound, Conflict] },
      description:
        'Goes on with a paused roll-out. Its stage is watched from its beginning; what paused it counts no more.',
      args: { version: t.arg(versionArg), reason: t.arg.string(reasonArg) },
      resolve: (_root, { version, reason }, { rollouts, actor }) =>
        rollouts.resume(version, { reason: readReason(reason), actor: actor.name }),
    }),
  );

  builder.mutationField('advanceRollout', (t) =>
    t.field({
      type: Rollout,
      authScopes: { tuner: true },
      errors: { types: [InvalidInput, NotFound, Conflict] },
      description: 'Takes a running roll-out to its next stage at once, whoever is behind.',
      args: {
        version: t.arg(versionArg),
        reason: t.arg.string({ required: true, description: 'Why, for the audit log.' }),
      },
      resolve: (_root, { version, reason }, { rollouts, actor }) =>
        rollouts.advance(version, { reason: readReason(reason)!, actor: actor.name }),
    }),
  );

  builder.mutationField('rollBackRollout', (t) =>
    t.field({
      type: Rollout,
      authScopes: { tuner: true },
      errors: { types: [InvalidInput, NotFound, Conflict, ReasonMissing] },
      description: 'Withdraws the document of a roll-out, and no other, and asks agents to go back.',
      args: {
        version: t.arg(versionArg),
        reason: t.arg.string({ description: 'Why, for the audit log. Needed if the fleet sees less by it.' }),
      },
      resolve: (_root, { version, reason }, { rollouts, actor }) =>
        rollouts.rollBack(version, { reason: readReason(reason), actor: actor.name }),
    }),
  );
}

function readStages(stages: readonly number[]): readonly number[] {
  readCount('stages', stages.length, 1, MOST_STAGES);
  const isRising = stages.every((share, at) => share > (stages[at - 1] ?? 0));
  if (!isRising || stages.at(-1) !== 1) {
    throw new InvalidInput('stages', `must rise from above 0 to 1, are ${stages.join(', ')}`);
  }
  return stages;
}
