import { createApiToken, findApiTokens, revokeApiToken } from '../access/api-tokens.ts';
import type { ApiTokenRow } from '../store/schema.ts';
import type { RoleRef } from './add-viewer.ts';
import type { Builder } from './builder.ts';
import { byCreation } from './by-creation.ts';
import { resolvePage } from './paging.ts';
import { readCount } from './read-count.ts';
import { readUuid } from './read-uuid.ts';
import { Conflict, InvalidInput, NotFound } from './user-error.ts';

const DEFAULT_VALID_DAYS = 90;
const MAX_VALID_DAYS = 3650;
const DAY_MS = 86_400_000;

/** It stands in the audit log behind `api-token`. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._@-]{0,62}$/;

export function addApiTokens(builder: Builder, Role: RoleRef): void {
  const ApiToken = builder.objectRef<ApiTokenRow>('ApiToken').implement({
    authScopes: { admin: true },
    description: 'What lets a person or a program ask here. Its text is shown once, when it is made.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'UUID of the token; no secret.' }),
      name: t.exposeString('name', { description: 'What the audit log tells its changes by, behind `api-token`.' }),
      role: t.expose('role', { type: Role, description: 'What it may do.' }),
      createdBy: t.exposeString('actor', { description: 'Who made it.' }),
      createdAt: t.expose('created', { type: 'DateTime', description: 'When it was made.' }),
      expiresAt: t.expose('expires', {
        type: 'DateTime',
        nullable: true,
        description: 'From when on it is refused; null if it stands until it is revoked.',
      }),
      lastUsedAt: t.expose('last_used', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was used last, to the minute; null if it never was.',
      }),
      revokedAt: t.expose('revoked', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was taken back; null if it was not.',
      }),
    }),
  });

  const NewApiToken = builder.objectRef<{ readonly row: ApiTokenRow; readonly text: string }>('NewApiToken').implement({
    authScopes: { admin: true },
    description: 'A token that was just made.',
    fields: (t) => ({
      token: t.exposeString('text', {
        description: 'Its text, a secret that begins with `cst_`: it is not kept and never shown again.',
      }),
      apiToken: t.expose('row', { type: ApiToken, description: 'What is kept of it.' }),
    }),
  });

  builder.queryField('apiTokens', (t) =>
    t.connection(
      {
        type: ApiToken,
        authScopes: { admin: true },
        description: 'API tokens, the latest first.',
        resolve: (_root, args, { db }) => resolvePage(args, byCreation, (page) => findApiTokens(db, page)),
      },
      { name: 'ApiTokenConnection', description: 'A page of API tokens.' },
      { name: 'ApiTokenEdge', description: 'An API token and its place.' },
    ),
  );

  builder.mutationField('createApiToken', (t) =>
    t.field({
      type: NewApiToken,
      authScopes: { admin: true },
      errors: { types: [InvalidInput, Conflict] },
      description: 'Makes a token by which a person or a program asks here.',
      args: {
        name: t.arg.string({
          required: true,
          description:
            'Letters, digits and ._@- behind the first, 63 characters at most; of no other token that stands.',
        }),
        role: t.arg({ type: Role, required: true, description: 'What it may do.' }),
        validDays: t.arg.int({
          description: `How long it is good, 1 to ${MAX_VALID_DAYS} days; ${DEFAULT_VALID_DAYS} if left out.`,
        }),
      },
      async resolve(_root, { name, role, validDays }, { db, actor }) {
        if (!NAME.test(name)) throw new InvalidInput('name', `must match ${NAME.source}`);
        const days = readCount('validDays', validDays ?? DEFAULT_VALID_DAYS, 1, MAX_VALID_DAYS);
        const expires = new Date(Date.now() + days * DAY_MS);
        const made = await createApiToken(db, { name, role, expires, actor: actor.name });
        if (!made) throw new Conflict(`there is a token ${name} already: revoke it first, or choose another name`);
        return made;
      },
    }),
  );

  builder.mutationField('revokeApiToken', (t) =>
    t.field({
      type: ApiToken,
      authScopes: { admin: true },
      errors: { types: [InvalidInput, NotFound] },
      description: 'Ends a token for ever; subscriptions that were opened with it end within seconds.',
      args: { id: t.arg.id({ required: true, description: 'UUID of the token.' }) },
      async resolve(_root, { id }, { db, actor, subscriptions }) {
        const row = await revokeApiToken(db, readUuid('id', id), actor.name);
        if (!row) throw new NotFound(id, `there is no API token ${id}`);
        await subscriptions.look();
        return row;
      },
    }),
  );
}
