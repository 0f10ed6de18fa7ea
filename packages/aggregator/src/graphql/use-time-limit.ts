import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Every query of the API takes a small part of this on 10 million sightings. */
const MAX_EXECUTION_MS = 30_000;

/** Ends what takes too long, or is not waited for any more, with an error: no further field of it is looked up. */
export function useTimeLimit(maxMs = MAX_EXECUTION_MS): Plugin {
  return {
    onExecute({ args }) {
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(tooLong(maxMs)), maxMs);
      const left = args.contextValue.request?.signal;
      // The executor takes a signal, which the types of its arguments do not tell.
      Object.assign(args, { signal: left ? AbortSignal.any([left, limit.signal]) : limit.signal });
      return { onExecuteDone: () => clearTimeout(timer) };
    },
  };
}

function tooLong(maxMs: number): GraphQLError {
  const message = `took longer than ${maxMs / 1000} seconds: ask for less, or for a shorter time`;
  return new GraphQLError(message, { extensions: { code: 'TOO_SLOW', http: { status: 504 } } });
}
