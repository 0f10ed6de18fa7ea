import type { Logger } from '@connscan/program';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createYoga } from 'graphql-yoga';
import type { Admitted, Authenticate } from '../access/create-authenticate.ts';
import { createContext, type GraphqlSources } from './context.ts';
import { createSchema } from './create-schema.ts';
import { useActor } from './use-actor.ts';
import { useAliasLimit } from './use-alias-limit.ts';
import { useBadUserInput } from './use-bad-user-input.ts';
import { useCostLimit } from './use-cost-limit.ts';
import { useJsonOnly } from './use-json-only.ts';
import { useSubscriptionLimit } from './use-subscription-limit.ts';
import { useTimeLimit } from './use-time-limit.ts';
import { useTokenLimit } from './use-token-limit.ts';

const MAX_REQUEST_BYTES = 100_000;

const EXAMPLE = `# Everything that scans now
{
  detections(first: 20, filter: { state: OPEN }) {
    nodes { source severity distinctServices distinctHosts startedAt agent { hostname } }
  }
}
`;

export type GraphqlOptions = {
  readonly sources: GraphqlSources;
  readonly authenticate: Authenticate;
  readonly log: Logger;
  /** Whether a browser gets GraphiQL. */
  readonly graphiql: boolean;
};

/** Answers /graphql. An unexpected error is logged and told as "Unexpected error." */
export function createGraphql({ sources, authenticate, log, graphiql }: GraphqlOptions) {
  const actors = new WeakMap<Request, Admitted>();
  return createYoga({
    schema: createSchema(),
    context: ({ request }) => createContext(sources, actors.get(request)!),
    plugins: [
      useActor(authenticate, actors),
      useJsonOnly(),
      useTokenLimit(),
      useBadUserInput(),
      useAliasLimit(),
      useCostLimit(),
      useTimeLimit(),
      useSubscriptionLimit(),
    ],
    logging: {
      debug: () => {},
      info: () => {},
      warn: (...problem) => log.warn({ problem }, 'graphql'),
      error: (...problem) => log.error({ problem }, 'graphql'),
    },
    // Without this NODE_ENV decides whether the text of an unexpected error goes out.
    maskedErrors: { isDev: false },
    maxRequestBodySize: MAX_REQUEST_BYTES,
    multipart: false,
    cors: false,
    landingPage: false,
    // Its own page and no other: yoga's default loads from a content network.
    renderGraphiQL,
    graphiql: graphiql && { title: 'connscan', defaultQuery: EXAMPLE, subscriptionsProtocol: 'SSE' },
  });
}
