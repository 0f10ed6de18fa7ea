import { GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { MAX_OF_ACTOR, MAX_SUBSCRIPTIONS } from '../live/open-subscriptions.ts';
import type { Context } from './context.ts';

/** Bounds the subscriptions that are open, and ends those whose token does not stand any more. */
export function useSubscriptionLimit(): Plugin<Context> {
  return {
    onSubscribe({ args: { contextValue } }) {
      const { actor, subscriptions } = contextValue as Context;
      let iterator: AsyncIterator<unknown> | undefined;
      const close = subscriptions.open(actor, () => void iterator?.return?.());
      if (!close) throw tooMany();
      return {
        onSubscribeResult({ result }) {
          if (!isAsyncIterable(result)) {
            close();
            return undefined;
          }
          iterator = result[Symbol.asyncIterator]();
          return { onEnd: close };
        },
        onSubscribeError: close,
      };
    },
  };
}

function tooMany(): GraphQLError {
  const message = `too many subscriptions are open: ${MAX_OF_ACTOR} of one token or user, ${MAX_SUBSCRIPTIONS} in all`;
  return new GraphQLError(message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS', http: { status: 429 } } });
}
