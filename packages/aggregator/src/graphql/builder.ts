import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { includesRole, ROLES, type Role } from '../access/actor.ts';
import type { Context } from './context.ts';
import { fieldCost } from './field-cost.ts';
import { forbidden } from './forbidden.ts';

/**
 * What each part of the API adds its types to. Everything that may be null says so. Every type and every field of a query,
 * mutation or subscription says by `authScopes` which role it needs.
 */
export function createBuilder() {
  return new SchemaBuilder<{
    Context: Context;
    AuthScopes: Record<Role, boolean>;
    DefaultFieldNullability: false;
    Scalars: {
      ID: { Input: string; Output: string };
      Address: { Input: string; Output: string };
      Network: { Input: string; Output: string };
      Count: { Input: number; Output: number };
      DateTime: { Input: Date; Output: Date };
    };
  }>({
    defaultFieldNullability: false,
    plugins: [ErrorsPlugin, RelayPlugin, ScopeAuthPlugin, ComplexityPlugin],
    complexity: { fieldComplexity: fieldCost },
    errors: {
      // The type itself is a member of the union, beside the errors.
      directResult: true,
      defaultUnionOptions: {
        name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Result`,
        description: 'What was asked for, or why nothing was done.',
      },
    },
    scopeAuth: {
      authScopes: ({ actor }) =>
        Object.fromEntries(ROLES.map((role) => [role, includesRole(actor.role, role)])) as Record<Role, boolean>,
      unauthorizedError: (_parent, { actor }, info, { failure }) => forbidden(actor, info, failure),
      // Once for each object, not for each field.
      runScopesOnType: true,
      authorizeOnSubscribe: true,
    },
    relay: {
      cursorType: 'String',
      // They hold nothing but items, which have rules of their own, and places.
      defaultConnectionTypeOptions: { authScopes: { viewer: true } },
      defaultEdgeTypeOptions: { authScopes: { viewer: true } },
      nodeQueryOptions: false,
      nodesQueryOptions: false,
      nodesOnConnection: { description: 'The items of this page, without their cursors.' },
      pageInfoTypeOptions: { description: 'Where this page lies in the list.', authScopes: { viewer: true } },
      pageInfoFieldOptions: { description: 'Where this page lies in the list.' },
      hasNextPageFieldOptions: { description: 'Whether more items follow.' },
      hasPreviousPageFieldOptions: { description: 'Whether items precede.' },
      startCursorFieldOptions: { description: 'Cursor of the first item; null if the page is empty.' },
      endCursorFieldOptions: { description: 'Cursor of the last item; null if the page is empty.' },
      edgesFieldOptions: { description: 'The items of this page, each with its cursor.' },
      nodeFieldOptions: { description: 'The item.' },
      cursorFieldOptions: { description: 'The place of the item, for `after` and `before`.' },
      firstArgOptions: {
        description: 'How many items from the start, 1 to 200; 50 if neither first nor last is given.',
      },
      lastArgOptions: { description: 'How many items from the end, 1 to 200.' },
      afterArgOptions: { description: 'Only items after this cursor.' },
      beforeArgOptions: { description: 'Only items before this cursor.' },
    },
  });
}

export type Builder = ReturnType<typeof createBuilder>;
