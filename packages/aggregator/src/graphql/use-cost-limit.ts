import { complexityFromQuery } from '@pothos/plugin-complexity';
import { type ExecutionArgs, GraphQLError, getOperationAST, Kind } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/**
 * A page of 200 detections with all that the client shows of them is taken for 12 000 objects on 5 levels by 93 fields.
 * Introspection is not counted; it has its own limit in the validation.
 */
const MAX = { complexity: 25_000, depth: 12, breadth: 500 };

/** What each of them is, for people. */
const MEASURES = {
  complexity: 'objects, each list counted with its `first` or `last`, or 10 without',
  depth: 'levels of fields',
  breadth: 'fields',
} as const;

/** Bounds what one query or subscription may ask for, before anything is looked up. */
export function useCostLimit(): Plugin {
  return {
    onExecute: ({ args }) => check(args as ExecutionArgs),
    onSubscribe: ({ args }) => check(args as ExecutionArgs),
  };
}

function check({ schema, document, operationName, variableValues, contextValue }: ExecutionArgs): void {
  const operation = getOperationAST(document, operationName);
  // Execution says what is wrong then.
  if (!operation) return;
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const found = complexityFromQuery(
    { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] },
    { schema, ctx: contextValue as object, variables: { ...variableValues } },
  );
  for (const measure of ['depth', 'breadth', 'complexity'] as const) {
    if (found[measure] > MAX[measure]) {
      const message = `asks for ${found[measure]} ${MEASURES[measure]}; ${MAX[measure]} are allowed`;
      throw new GraphQLError(message, { extensions: { code: 'TOO_COSTLY', http: { status: 400 } } });
    }
  }
}
