import { POLICY_PROGRESS } from '@connscan/wire';
import type { DesiredPolicy } from '../policy/create-policies.ts';
import { EVERYBODY } from '../policy/documents.ts';
import type { PolicyChange } from '../policy/policy-diff.ts';
import type { AgentPolicyRow, PolicyRow } from '../store/schema.ts';
import { type LabelRefs, listLabels, readLabels } from './add-labels.ts';
import type { Builder } from './builder.ts';
import type { Following } from './context.ts';
import { readText } from './read-text.ts';
import { Conflict, InvalidInput, NotFound, ReasonMissing } from './user-error.ts';

type PolicyName = { readonly version: number; readonly hash: string };

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._/-]{0,62}$/;
const MAX_REASON_LENGTH = 1000;

const MEANINGS = {
  APPLYING: 'The agent has taken it, and brings its parts to it.',
  APPLIED: 'Every part of the agent works by it.',
  FAILED: 'The agent refused it, and works by the one before.',
} as const;

export function addPolicies(builder: Builder, { Label, LabelInput }: LabelRefs) {
  const Policy = builder.objectRef<PolicyRow>('Policy').implement({
    authScopes: { viewer: true },
    description:
      'A document of settings for the agents that it fits. It is never edited: a newer one of its name takes its place.',
    fields: (t) => ({
      version: t.expose('version', { type: 'Count', description: 'Rises with every document, and is given once.' }),
      name: t.exposeString('name', { description: 'What it is one version of.' }),
      selector: t.field({
        type: [Label],
        description: 'Labels that an agent must have, all of them.',
        resolve: ({ selector }) => listLabels(selector),
      }),
      document: t.string({
        description:
          'As it was written, in JSON. What it leaves out is for other documents to say, or has its default.',
        resolve: ({ document }) => JSON.stringify(document),
      }),
      reason: t.exposeString('reason', { description: 'Why it was set; empty if nobody said.' }),
      weakens: t.stringList({
        description: 'Paths of the settings by which the fleet sees less than before.',
        resolve: ({ weakens }) => [...weakens],
      }),
      reach: t.float({
        description: 'For which share of the agents that it fits it holds: 0 is a draft, 1 all of them.',
        resolve: ({ reach }) => reach / EVERYBODY,
      }),
      actor: t.exposeString('actor', { description: 'Who set it.' }),
      createdAt: t.expose('created', { type: 'DateTime', description: 'When it was set.' }),
      withdrawnAt: t.expose('withdrawn', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was rolled back; null if it was not.',
      }),
    }),
  });

  const PolicyName = builder.objectRef<PolicyName>('PolicyInForce').implement({
    authScopes: { viewer: true },
    description: 'A policy that an agent works by.',
    fields: (t) => ({
      version: t.expose('version', { type: 'Count', description: 'Its version; 0 is the config file of the agent.' }),
      hash: t.exposeString('hash', {
        description: 'What its detections name it by; another one than was asked for if the agent has bounded it.',
      }),
    }),
  });

  const Desired = builder.objectRef<DesiredPolicy>('DesiredPolicy').implement({
    authScopes: { viewer: true },
    description: 'What an agent is to work by: one policy made of all documents that fit its labels.',
    fields: (t) => ({
      version: t.expose('version', {
        type: 'Count',
        description: 'That of the newest document in force; 0 is the config file of the agent.',
      }),
      hash: t.exposeString('hash', { description: '16 hexadecimal digits of what it says; empty for version 0.' }),
      documents: t.field({
        type: ['Count'],
        description: 'Versions of the documents that it is made of; the later ones have the last word.',
        resolve: ({ versions }) => [...versions],
      }),
      document: t.string({
        description: 'The whole of it, in JSON; empty for version 0.',
        resolve: ({ document }) => document,
      }),
    }),
  });

  const Progress = builder.enumType('PolicyProgress', {
    description: 'What became of a policy that was sent to an agent.',
    values: Object.fromEntries(
      POLICY_PROGRESS.map((value) => [value, { value, description: MEANINGS[value] }]),
    ) as Record<AgentPolicyRow['progress'], { value: AgentPolicyRow['progress']; description: string }>,
  });

  const AgentPolicy = builder.objectRef<Following>('AgentPolicy').implement({
    authScopes: { viewer: true },
    description: 'How far an agent has followed the policies.',
    fields: (t) => ({
      desired: t.field({
        type: Desired,
        nullable: true,
        description: 'What it is to work by; null as long as there was no document for anybody.',
        resolve: ({ desired }) => desired ?? null,
      }),
      inForce: t.field({
        type: PolicyName,
        nullable: true,
        description: 'What it works by, as it told last; null if it never did.',
        resolve: ({ told }) => told,
      }),
      version: t.field({
        type: 'Count',
        nullable: true,
        description: 'The version that the rest tells of; null if it never told.',
        resolve: ({ told }) => told?.told_version ?? null,
      }),
      progress: t.field({
        type: Progress,
        nullable: true,
        description: 'What became of that version.',
        resolve: ({ told }) => told?.progress ?? null,
      }),
      notes: t.stringList({
        description: 'Why it failed, or every setting that the agent has bounded.',
        resolve: ({ told }) => [...(told?.notes ?? [])],
      }),
      since: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'Since when it is so.',
        resolve: ({ told }) => told?.since ?? null,
      }),
    }),
  });

  builder.queryField('policies', (t) =>
    t.field({
      type: [Policy],
      authScopes: { viewer: true },
      description: 'Every document that was ever set, the latest first.',
      resolve: async (_root, _args, { policies }) => [...(await policies.all())],
    }),
  );

  builder.queryField('policy', (t) =>
    t.field({
      type: Policy,
      nullable: true,
      authScopes: { viewer: true },
      description: 'One document; null if there is none of this version.',
      args: { version: t.arg({ type: 'Count', required: true, description: 'Its version.' }) },
      resolve: async (_root, { version }, { policies }) =>
        (await policies.all()).find((policy) => policy.version === version) ?? null,
    }),
  );

  const Change = builder.objectRef<PolicyChange>('PolicyChange').implement({
    authScopes: { viewer: true },
    description: 'A setting in which two policies differ.',
    fields: (t) => ({
      path: t.exposeString('path', {
        description: 'Its path, such as models.connscan_internal_internal.thresholds.low or exceptions.backup.',
      }),
      before: t.string({
        nullable: true,
        description: 'What it was, in JSON; null if it was not there.',
        resolve: ({ before }) => (before === undefined ? null : JSON.stringify(before)),
      }),
      after: t.string({
        nullable: true,
        description: 'What it is, in JSON; null if it is not there.',
        resolve: ({ after }) => (after === undefined ? null : JSON.stringify(after)),
      }),
      weakens: t.exposeBoolean('weakens', { description: 'Whether the fleet sees less by it.' }),
    }),
  });

  builder.queryField('policyDiff', (t) =>
    t.field({
      type: [Change],
      authScopes: { viewer: true },
      description: 'What agents with some labels see change between two versions.',
      args: {
        from: t.arg({ type: 'Count', required: true, description: 'The version before; 0 is none.' }),
        to: t.arg({ type: 'Count', required: true, description: 'The version after, such as a draft; 0 is none.' }),
        labels: t.arg({
          type: [LabelInput],
          description: 'Labels of the agents; those of the selector of `to` if left out.',
        }),
      },
      resolve: (_root, { from, to, labels }, { policies }) =>
        policies.diff(from, to, labels ? readLabels('labels', labels) : undefined),
    }),
  );

  builder.mutationField('setPolicy', (t) =>
    t.field({
      type: Policy,
      authScopes: { tuner: true },
      errors: { types: [InvalidInput, ReasonMissing, Conflict] },
      description:
        'Sets a document, which takes the place of the one of its name. Agents that it fits hear of it within a second, or as it is rolled out.',
      args: {
        name: t.arg.string({ description: 'Letters, digits and ._/- behind the first; `default` if left out.' }),
        selector: t.arg({ type: [LabelInput], description: 'Labels that an agent must have; none if left out.' }),
        document: t.arg.string({
          required: true,
          description: 'YAML or JSON, as under `policy` in docs/configuration.md. An empty one says nothing any more.',
        }),
        reason: t.arg.string({ description: 'Why, for the audit log. Needed if the fleet sees less by it.' }),
        draft: t.arg.boolean({ description: 'Whether it is for nobody until rollOutPolicy; false if left out.' }),
      },
      resolve(_root, { name, selector, document, reason, draft }, { policies, actor }) {
        const labels = readLabels('selector', selector ?? []);
        if (name != null && !NAME.test(name)) throw new InvalidInput('name', `must match ${NAME.source}`);
        return policies.set({
          ...{ name: name ?? 'default', selector: labels, document, draft: draft ?? false },
          ...{ reason: readReason(reason), actor: actor.name },
        });
      },
    }),
  );

  const Rollback = builder.objectRef<{ version: number; withdrawn: number }>('PolicyRollback').implement({
    authScopes: { viewer: true },
    description: 'What became of a roll-back.',
    fields: (t) => ({
      version: t.expose('version', { type: 'Count', description: 'The version that was gone back to.' }),
      withdrawn: t.expose('withdrawn', { type: 'Count', description: 'How many documents were withdrawn.' }),
    }),
  });

  builder.mutationField('rollBackPolicy', (t) =>
    t.field({
      type: Rollback,
      authScopes: { tuner: true },
      errors: { types: [InvalidInput, NotFound, ReasonMissing] },
      description: 'Withdraws every document above a version, drafts too, and asks agents to go back.',
      args: {
        version: t.arg({ type: 'Count', required: true, description: 'The version to go back to; 0 withdraws all.' }),
        reason: t.arg.string({ description: 'Why, for the audit log. Needed if the fleet sees less by it.' }),
      },
      resolve: async (_root, { version, reason }, { policies, actor }) => ({
        version,
        withdrawn: await policies.rollBack(version, { reason: readReason(reason), actor: actor.name }),
      }),
    }),
  );

  return { AgentPolicy, Policy, Change };
}

export type PolicyRefs = ReturnType<typeof addPolicies>;
export type AgentPolicyRef = PolicyRefs['AgentPolicy'];

/** A reason that is left out may be needed: the change itself says that. */
export function readReason(reason: string | null | undefined): string | undefined {
  return reason == null ? undefined : readText('reason', reason, MAX_REASON_LENGTH);
}
