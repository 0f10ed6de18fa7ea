import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Admitted, Authenticate, Refusal } from '../access/create-authenticate.ts';

/** Lets nobody in without a token: before anything of a request is read, and so without a word on the schema. */
export function useActor(authenticate: Authenticate, actors: WeakMap<Request, Admitted>): Plugin {
  return {
    async onRequestParse({ request }) {
      const outcome = await authenticate(request.headers.get('authorization'));
      if ('problem' in outcome) throw unauthenticated(outcome);
      actors.set(request, outcome);
    },
  };
}

function unauthenticated({ code, problem }: Refusal): GraphQLError {
  // RFC 6750: whoever sent nothing is told nothing but how.
  const detail = code === 'missing' ? '' : `, error="invalid_token", error_description="${problem}"`;
  const http = { status: 401, headers: { 'www-authenticate': `Bearer realm="connscan"${detail}` } };
  return new GraphQLError(problem, { extensions: { code: 'UNAUTHENTICATED', http } });
}
