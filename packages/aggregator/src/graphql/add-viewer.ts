import { type Actor, ROLES, type Role } from '../access/actor.ts';
import type { Builder } from './builder.ts';

const MEANINGS: Record<Role, string> = {
  viewer: 'Reads what was found and how the fleet is.',
  analyst: 'Also judges detections, and makes exceptions that expire.',
  tuner: 'Also changes policies, habits and exceptions, and rolls them out.',
  admin: 'Also decides who may do what: tokens, enrollment and outputs, and reads the audit log.',
};

/** Who asks. */
export function addViewer(builder: Builder) {
  const Role = builder.enumType('Role', {
    description: 'What somebody may do. Each role may do what those before it may.',
    values: Object.fromEntries(
      ROLES.map((value) => [value.toUpperCase(), { value, description: MEANINGS[value] }]),
    ) as Record<Uppercase<Role>, { value: Role; description: string }>,
  });
  const Viewer = builder.objectRef<Actor>('Viewer').implement({
    authScopes: { viewer: true },
    description: 'Who asks.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'As in the audit log: `user` or `api-token` and a name.' }),
      role: t.expose('role', { type: Role, description: 'What they may do.' }),
    }),
  });
  builder.queryField('viewer', (t) =>
    t.field({
      type: Viewer,
      authScopes: { viewer: true },
      description: 'Who asks, by the token of the request.',
      resolve: (_root, _args, { actor }) => actor,
    }),
  );
  return Role;
}

export type RoleRef = ReturnType<typeof addViewer>;
