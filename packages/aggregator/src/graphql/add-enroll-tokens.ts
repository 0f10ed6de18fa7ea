import { createEnrollToken, findEnrollTokens, revokeEnrollToken } from '../identity/enroll-tokens.ts';
import type { EnrollTokenRow } from '../store/schema.ts';
import { type LabelRefs, listLabels, readLabels } from './add-labels.ts';
import type { Builder } from './builder.ts';
import { byCreation } from './by-creation.ts';
import { resolvePage } from './paging.ts';
import { readCount } from './read-count.ts';
import { readUuid } from './read-uuid.ts';
import { Conflict, InvalidInput, NotFound } from './user-error.ts';

const DEFAULT_VALID_SECONDS = 3600;
const MAX_VALID_SECONDS = 30 * 86_400;
const MAX_USES = 10_000;

export function addEnrollTokens(builder: Builder, { Label, LabelInput }: LabelRefs): void {
  const EnrollToken = builder.objectRef<EnrollTokenRow>('EnrollToken').implement({
    authScopes: { admin: true },
    description: 'What lets hosts enroll their agents. Its text is shown once, when it is made.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'UUID of the token; no secret.' }),
      labels: t.field({
        type: [Label],
        description: 'What the agents that enroll with it are labelled.',
        resolve: ({ labels }) => listLabels(labels),
      }),
      uses: t.exposeInt('uses', { description: 'Agents that were enrolled with it.' }),
      maxUses: t.expose('max_uses', { type: 'Int', description: 'How many may be.' }),
      createdAt: t.expose('created', { type: 'DateTime', description: 'When it was made.' }),
      expiresAt: t.expose('expires', { type: 'DateTime', description: 'From when on it is refused.' }),
      revokedAt: t.expose('revoked', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was taken back, by an administrator or after ten wrong secrets; null if it was not.',
      }),
    }),
  });

  const NewEnrollToken = builder
    .objectRef<{ readonly row: EnrollTokenRow; readonly text: string }>('NewEnrollToken')
    .implement({
      authScopes: { admin: true },
      description: 'A token that was just made.',
      fields: (t) => ({
        token: t.exposeString('text', { description: 'Its text, a secret: it is not kept and never shown again.' }),
        enrollToken: t.expose('row', { type: EnrollToken, description: 'What is kept of it.' }),
      }),
    });

  builder.queryField('enrollTokens', (t) =>
    t.connection(
      {
        type: EnrollToken,
        authScopes: { admin: true },
        description: 'Enroll tokens, the latest first.',
        resolve: (_root, args, { db }) => resolvePage(args, byCreation, (page) => findEnrollTokens(db, page)),
      },
      { name: 'EnrollTokenConnection', description: 'A page of enroll tokens.' },
      { name: 'EnrollTokenEdge', description: 'An enroll token and its place.' },
    ),
  );

  builder.mutationField('createEnrollToken', (t) =>
    t.field({
      type: NewEnrollToken,
      authScopes: { admin: true },
      errors: { types: [InvalidInput, Conflict] },
      description: 'Makes a token by which agents enroll with this aggregator and no other.',
      args: {
        labels: t.arg({ type: [LabelInput], description: 'What its agents are labelled; nothing if left out.' }),
        maxUses: t.arg.int({ description: `How many agents may enroll with it, 1 to ${MAX_USES}; 1 if left out.` }),
        validSeconds: t.arg.int({
          description: `How long it is good, 60 to ${MAX_VALID_SECONDS} seconds; an hour if left out.`,
        }),
      },
      async resolve(_root, args, { db, authority, actor }) {
        if (!authority) throw new Conflict('this aggregator runs with --insecure, without identities');
        const labels = readLabels('labels', args.labels ?? []);
        const maxUses = readCount('maxUses', args.maxUses ?? 1, 1, MAX_USES);
        const seconds = readCount('validSeconds', args.validSeconds ?? DEFAULT_VALID_SECONDS, 60, MAX_VALID_SECONDS);
        const expires = new Date(Date.now() + seconds * 1000);
        return createEnrollToken(db, authority.fingerprint, { labels, maxUses, expires, actor: actor.name });
      },
    }),
  );

  builder.mutationField('revokeEnrollToken', (t) =>
    t.field({
      type: EnrollToken,
      authScopes: { admin: true },
      errors: { types: [InvalidInput, NotFound] },
      description: 'Ends a token. Agents that enrolled with it keep their identities.',
      args: { id: t.arg.id({ required: true, description: 'UUID of the token.' }) },
      async resolve(_root, { id }, { db, actor }) {
        const row = await revokeEnrollToken(db, readUuid('id', id), actor.name);
        if (!row) throw new NotFound(id, `there is no enroll token ${id}`);
        return row;
      },
    }),
  );
}
