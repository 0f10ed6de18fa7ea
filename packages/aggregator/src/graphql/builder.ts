import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import type { Context } from './context.ts';

/** What each part of the API adds its types to. Everything that may be null says so. */
export function createBuilder() {
  return new SchemaBuilder<{
    Context: Context;
    DefaultFieldNullability: false;
    Scalars: {
      ID: { Input: string; Output: string };
      Address: { Input: string; Output: string };
      Count: { Input: number; Output: number };
      DateTime: { Input: Date; Output: Date };
    };
  }>({
    defaultFieldNullability: false,
    plugins: [RelayPlugin],
    relay: {
      cursorType: 'String',
      nodeQueryOptions: false,
      nodesQueryOptions: false,
      nodesOnConnection: { description: 'The items of this page, without their cursors.' },
      pageInfoTypeOptions: { description: 'Where this page lies in the list.' },
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
