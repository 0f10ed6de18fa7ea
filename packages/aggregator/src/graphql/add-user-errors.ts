import type { Builder } from './builder.ts';
import { Conflict, InvalidInput, NotFound, ReasonMissing } from './user-error.ts';

/** The members that the unions of mutations have besides what was asked for. */
export function addUserErrors(builder: Builder): void {
  const UserError = builder.interfaceRef<Error>('UserError').implement({
    description: 'Why a mutation did nothing.',
    authScopes: { viewer: true },
    fields: (t) => ({
      message: t.exposeString('message', { description: 'What is wrong and what would be right, in one sentence.' }),
    }),
  });
  const options = { interfaces: [UserError], authScopes: { viewer: true } };
  builder.objectType(InvalidInput, {
    ...options,
    name: 'InvalidInput',
    description: 'An argument cannot be used.',
    fields: (t) => ({ field: t.exposeString('field', { description: 'The argument, such as `selector.name`.' }) }),
  });
  builder.objectType(NotFound, {
    ...options,
    name: 'NotFound',
    description: 'What the mutation is about does not exist.',
    fields: (t) => ({ subject: t.exposeString('subject', { description: 'What was asked for, mostly an id.' }) }),
  });
  builder.objectType(Conflict, { ...options, name: 'Conflict', description: 'It is not possible as things are now.' });
  builder.objectType(ReasonMissing, {
    ...options,
    name: 'ReasonMissing',
    description: 'A change that makes the fleet see less needs a reason.',
  });
}
