import { AUDIT_ACTIONS, type AuditAction, findAudit } from '../identity/audit.ts';
import type { AuditRow } from '../store/schema.ts';
import type { Builder } from './builder.ts';
import { type Order, resolvePage } from './paging.ts';

const byId: Order<AuditRow, number> = {
  textOf: ({ id }) => `${id}`,
  parse: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
};

export function addAudit(builder: Builder): void {
  const Action = builder.enumType('AuditAction', {
    description: 'What was done.',
    values: Object.fromEntries(
      Object.entries(AUDIT_ACTIONS).map(([action, description]) => [action, { value: action, description }]),
    ) as Record<AuditAction, { value: AuditAction; description: string }>,
  });

  const AuditEntry = builder.objectRef<AuditRow>('AuditEntry').implement({
    authScopes: { admin: true },
    description: 'One change of who may do what, or an attempt that was refused.',
    fields: (t) => ({
      id: t.field({ type: 'ID', description: 'Rises with time.', resolve: ({ id }) => `${id}` }),
      at: t.expose('at', { type: 'DateTime', description: 'When it was done.' }),
      actor: t.exposeString('actor', {
        description:
          'Who did it: `user`, `api-token`, `agent` or the enroll `token` with its name or id, or the `aggregator` itself.',
      }),
      action: t.expose('action', { type: Action, description: 'What was done.' }),
      subject: t.exposeString('subject', { description: 'What it was done to, mostly an id.' }),
      detail: t.string({
        description: 'The rest, as the text of a JSON object. Parts of it may be what an agent told.',
        resolve: ({ detail }) => JSON.stringify(detail),
      }),
    }),
  });

  builder.queryField('auditLog', (t) =>
    t.connection(
      {
        type: AuditEntry,
        authScopes: { admin: true },
        description: 'Changes of identities and refused attempts, the latest first.',
        args: {
          actor: t.arg.string({ description: 'Done by this one, as the entries name it.' }),
          actions: t.arg({ type: [Action], description: 'Any of these actions.' }),
          subject: t.arg.string({ description: 'Done to this.' }),
          since: t.arg({ type: 'DateTime', description: 'From this time on.' }),
          until: t.arg({ type: 'DateTime', description: 'Before this time.' }),
        },
        resolve: (_root, args, { db }) => resolvePage(args, byId, (page) => findAudit(db, args, page)),
      },
      { name: 'AuditConnection', description: 'A page of the audit log.' },
      { name: 'AuditEdge', description: 'An entry and its place.' },
    ),
  );
}
