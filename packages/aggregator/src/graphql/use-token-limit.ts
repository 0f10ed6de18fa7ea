import type { Plugin } from 'graphql-yoga';

/** GraphiQL's introspection, the longest query known to be sent, has 184. */
const MAX_TOKENS = 1000;

/** Bounds the length of a query, and with it how often it can ask for the same list. */
export function useTokenLimit(): Plugin {
  return {
    onParse({ params, parseFn, setParseFn }) {
      setParseFn((source) => parseFn(source, { ...params.options, maxTokens: MAX_TOKENS }));
    },
  };
}
