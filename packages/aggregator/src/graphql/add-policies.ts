import { ConnscanError } from '@connscan/model';
import { POLICY_PROGRESS } from '@connscan/wire';
import { GraphQLError } from 'graphql';
import type { DesiredPolicy } from '../policy/create-policies.ts';
import type { AgentPolicyRow, PolicyRow } from '../store/schema.ts';
import { type LabelRefs, listLabels, readLabels } from './add-labels.ts';
import type { Builder } from './builder.ts';
import type { Following } from './context.ts';
import { InvalidInput } from './user-error.ts';

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
      reason: t.exposeString('reason', { description: 'Why it was set.' }),
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

  builder.mutationField('setPolicy', (t) =>
    t.field({
      type: Policy,
      authScopes: { tuner: true },
      description:
        'Sets a document, which takes the place of the one of its name. Agents that it fits hear of it within a second.',
      args: {
        name: t.arg.string({ description: 'Letters, digits and ._/- behind the first; `default` if left out.' }),
        selector: t.arg({ type: [LabelInput], description: 'Labels that an agent must have; none if left out.' }),
        document: t.arg.string({
          required: true,
          description: 'YAML or JSON, as under `policy` in docs/configuration.md. An empty one says nothing any more.',
        }),
        reason: t.arg.string({ required: true, description: 'Why, for the audit log.' }),
      },
      resolve(_root, { name, selector, document, reason }, { policies }) {
        const labels = readLabels('selector', selector ?? []);
        if (name != null && !NAME.test(name)) throw new InvalidInput('name', `must match ${NAME.source}`);
        return refusing(() =>
          policies.set({ name: name ?? 'default', selector: labels, document, reason: readReason(reason) }),
        );
      },
    }),
  );

  builder.mutationField('rollBackPolicy', (t) =>
    t.field({
      type: 'Count',
      authScopes: { tuner: true },
      description:
        'Withdraws every document above a version, and asks agents to go back. Returns how many were withdrawn.',
      args: {
        version: t.arg({ type: 'Count', required: true, description: 'The version to go back to; 0 withdraws all.' }),
        reason: t.arg.string({ required: true, description: 'Why, for the audit log.' }),
      },
      resolve: (_root, { version, reason }, { policies }) =>
        refusing(() => policies.rollBack(version, readReason(reason))),
    }),
  );

  return AgentPolicy;
}

export type AgentPolicyRef = ReturnType<typeof addPolicies>;

function readReason(reason: string): string {
  const text = reason.trim();
  if (text.length === 0 || text.length > MAX_REASON_LENGTH || text.includes('\0')) {
    throw new InvalidInput('reason', `must be a text of at most ${MAX_REASON_LENGTH} characters`);
  }
  return text;
}

/** What the caller has to correct comes as that. */
async function refusing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ConnscanError) || error.code !== 'BAD_USAGE') throw error;
    throw new GraphQLError(error.message, { extensions: { code: 'BAD_USER_INPUT' } });
  }
}
