import type { AuthFailure } from '@pothos/plugin-scope-auth';
import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import type { Actor } from '../access/actor.ts';

/** What an actor may not have: the error names the field, the role that it needs and the one that the actor has. */
export function forbidden(actor: Actor, { parentType, fieldName }: GraphQLResolveInfo, failure: AuthFailure) {
  const needed = roleOf(failure);
  return new GraphQLError(
    `${parentType.name}.${fieldName}: needs the role ${needed ?? 'of a rule'}, ${actor.name} has ${actor.role}`,
    { extensions: { code: 'FORBIDDEN' } },
  );
}

/** Each rule names one role. */
function roleOf(failure: AuthFailure): string | undefined {
  if (failure.kind === 'AuthScope') return failure.scope;
  return 'failures' in failure ? failure.failures.map(roleOf).find((role) => role !== undefined) : undefined;
}
