import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Takes what is posted as JSON alone: a form of another page can send anything but that without asking first. */
export function useJsonOnly(): Plugin {
  return {
    onRequestParse({ request }) {
      const type = request.headers.get('content-type') ?? '';
      if (request.method !== 'POST' || /^application\/json(;|$)/i.test(type)) return;
      const message = `Content-Type: must be application/json, is ${JSON.stringify(type)}`;
      throw new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 415 } } });
    },
  };
}
