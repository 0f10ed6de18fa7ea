import { includesRole } from '../access/actor.ts';
import { editList } from '../policy/edit-list.ts';
import { findExceptionHits } from '../policy/exception-hits.ts';
import { type ListedException, listExceptions } from '../policy/list-exceptions.ts';
import { type LabelRefs, listLabels } from './add-labels.ts';
import type { Builder } from './builder.ts';
import type { Context } from './context.ts';
import { readText } from './read-text.ts';
import { Conflict, InvalidInput, NotFound, ReasonMissing } from './user-error.ts';

/** The document that has the exceptions which nobody put into another one. */
const DOCUMENT = 'exceptions';

const MAX_NAME = 100;
const MAX_REASON = 1000;

type Shown = ListedException & { readonly hits: number };

/** What is left out stays out: JSON has no other word for a scope that takes everything. */
type Scopes = {
  readonly sources?: readonly string[] | null | undefined;
  readonly targets?: readonly string[] | null | undefined;
  readonly ports?: readonly number[] | null | undefined;
  readonly processes?: readonly string[] | null | undefined;
  readonly expiresAt?: Date | null | undefined;
  readonly owner?: string | null | undefined;
};

export function addExceptions(builder: Builder, { Label }: LabelRefs): void {
  const Exception = builder.objectRef<Shown>('Exception').implement({
    authScopes: { viewer: true },
    description: 'Connections that do not count, although they would. It is a part of a policy document.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Its name.' }),
      reason: t.string({ nullable: true, description: 'Why it is there.', resolve: ({ reason }) => reason ?? null }),
      owner: t.string({ nullable: true, description: 'Who answers for it.', resolve: ({ owner }) => owner ?? null }),
      sources: t.stringList({
        nullable: true,
        description: 'Ranges of sources; null is all.',
        resolve: ({ sources }) => sources ?? null,
      }),
      targets: t.stringList({
        nullable: true,
        description: 'Ranges of targets; null is all.',
        resolve: ({ targets }) => targets ?? null,
      }),
      ports: t.intList({ nullable: true, description: 'Ports; null is all.', resolve: ({ ports }) => ports ?? null }),
      processes: t.stringList({
        nullable: true,
        description: 'Names or paths of the process that connects, on a host with an agent; null is all.',
        resolve: ({ processes }) => processes ?? null,
      }),
      expiresAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'From when it holds no more; null is never.',
        resolve: ({ expiresAt }) => (expiresAt === undefined ? null : new Date(expiresAt)),
      }),
      expired: t.boolean({
        description: 'Whether it holds no more.',
        resolve: ({ expiresAt }) => expiresAt !== undefined && Date.parse(expiresAt) <= Date.now(),
      }),
      hits: t.expose('hits', {
        type: 'Count',
        description:
          'Connections that it took, as all agents together told last; each counts since it got the exceptions.',
      }),
      document: t.exposeString('document', { description: 'The name of the policy document that has it.' }),
      selector: t.field({
        type: [Label],
        description: 'Labels of the agents that the document is for.',
        resolve: ({ selector }) => listLabels(selector),
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
      createdBy: t.exposeString('createdBy', { description: 'Who made it.' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it became what it is.' }),
      updatedBy: t.exposeString('updatedBy', { description: 'Who made it so.' }),
    }),
  });

  const Input = builder.inputType('ExceptionInput', {
    description:
      'An exception. At least one of sources, targets, ports and processes; each that is left out takes everything.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'Its name; one of this name is replaced by updateException.' }),
      reason: t.string({ required: true, description: 'Why it is there.' }),
      owner: t.string({ description: 'Who answers for it; whoever makes it if left out.' }),
      sources: t.stringList({ description: 'Ranges of sources.' }),
      targets: t.stringList({ description: 'Ranges of targets.' }),
      ports: t.intList({ description: 'Ports.' }),
      processes: t.stringList({ description: 'Names or paths of the process that connects.' }),
      expiresAt: t.field({ type: 'DateTime', description: 'From when it holds no more. An analyst has to say it.' }),
      document: t.string({ description: `The policy document to put it into; ${DOCUMENT} if left out.` }),
    }),
  });

  builder.queryField('exceptions', (t) =>
    t.field({
      type: [Exception],
      authScopes: { viewer: true },
      description: 'Every exception of the documents in force, those that have expired too.',
      resolve: (_root, _args, context) => find(context),
    }),
  );

  for (const [field, isNew] of [
    ['createException', true],
    ['updateException', false],
  ] as const) {
    builder.mutationField(field, (t) =>
      t.field({
        type: Exception,
        authScopes: { analyst: true },
        errors: { types: [InvalidInput, NotFound, Conflict, ReasonMissing] },
        description: isNew
          ? 'Makes an exception, in force within a second.'
          : 'Puts another one in the place of an exception, in its document.',
        args: { input: t.arg({ type: Input, required: true, description: 'What it is to be.' }) },
        async resolve(_root, { input }, context) {
          const { policies, actor } = context;
          const name = readText('input.name', input.name, MAX_NAME);
          const reason = readText('input.reason', input.reason, MAX_REASON);
          mayEnd(context, input.expiresAt);
          const before = (await find(context)).find((exception) => exception.name === name);
          if (isNew && before) throw new Conflict(`there is an exception ${name} in ${before.document}: update it`);
          if (!isNew && !before) throw new NotFound(name, `there is no exception ${name}`);
          // What an analyst may not make, an analyst may not take the place of.
          if (before) mayEnd(context, before.expiresAt === undefined ? undefined : new Date(before.expiresAt));
          const entry = { name, reason, ...scopesOf({ ...input, owner: input.owner ?? actor.name }) };
          await policies.edit({
            ...{ name: before?.document ?? input.document ?? DOCUMENT, reason, actor: actor.name },
            edit: (document) => editList(document, 'exceptions', (one) => one.name === name, entry),
          });
          return (await find(context)).find((exception) => exception.name === name)!;
        },
      }),
    );
  }

  builder.mutationField('removeException', (t) =>
    t.field({
      type: Exception,
      authScopes: { analyst: true },
      errors: { types: [InvalidInput, NotFound, Conflict, ReasonMissing] },
      description: 'Takes an exception out of its document; returns what it was.',
      args: {
        name: t.arg.string({ required: true, description: 'Its name.' }),
        reason: t.arg.string({ description: 'Why, for the audit log.' }),
      },
      async resolve(_root, { name, reason }, context) {
        const before = (await find(context)).find((exception) => exception.name === name);
        if (!before) throw new NotFound(name, `there is no exception ${name}`);
        const why = reason == null ? undefined : readText('reason', reason, MAX_REASON);
        await context.policies.edit({
          ...{ name: before.document, reason: why, actor: context.actor.name },
          edit: (document) => editList(document, 'exceptions', (one) => one.name === name, undefined),
        });
        return before;
      },
    }),
  );
}

async function find({ db, policies }: Context): Promise<Shown[]> {
  const [rows, inForce, hits] = await Promise.all([policies.all(), policies.inForce(), findExceptionHits(db)]);
  return listExceptions(rows, inForce).map((exception) => ({ ...exception, hits: hits.get(exception.name) ?? 0 }));
}

/** An analyst takes something out of sight for a time, and not for ever. */
function mayEnd({ actor }: Context, expiresAt: Date | null | undefined): void {
  if (expiresAt == null && !includesRole(actor.role, 'tuner')) {
    throw new InvalidInput('input.expiresAt', 'must be given by an analyst');
  }
}

function scopesOf({ sources, targets, ports, processes, expiresAt, owner }: Scopes): Readonly<Record<string, unknown>> {
  const scopes = { sources, targets, ports, processes, owner, expiresAt: expiresAt?.toISOString() };
  return Object.fromEntries(Object.entries(scopes).filter(([, value]) => value != null));
}
