import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import type { Plugin } from 'graphql-yoga';

/** The client's longest query has one alias, and a console asks for some ten lists at a time. */
const MAX_ALIASES = 30;

/** Bounds how often one query may ask for the same field. */
export function useAliasLimit(): Plugin {
  return maxAliasesPlugin({ n: MAX_ALIASES }) as Plugin;
}
