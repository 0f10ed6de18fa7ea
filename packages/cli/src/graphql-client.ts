import { ConnscanError } from '@connscan/model';
import { type AnyVariables, Client, type CombinedError, fetchExchange } from '@urql/core';

/**
 * GraphQL over HTTP, subscriptions as server-sent events; nothing is cached. `onStream` is called when the aggregator has
 * begun to answer a subscription, so that nothing later is missed. Throws BAD_USAGE unless `url` is one.
 */
export function createGraphqlClient(url: string, onStream: () => void = () => {}): Client {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    const example = 'http://127.0.0.1:8470/graphql';
    throw new ConnscanError('BAD_USAGE', `--url: must be a URL such as ${example}, is ${JSON.stringify(url)}`);
  }
  return new Client({
    url,
    exchanges: [fetchExchange],
    fetchSubscriptions: true,
    preferGetMethod: false,
    requestPolicy: 'network-only',
    async fetch(...request) {
      const response = await fetch(...request);
      if (response.ok && response.headers.get('content-type')?.startsWith('text/event-stream')) onStream();
      return response;
    },
  });
}

/** The answer to a query; throws AGGREGATOR_UNREACHABLE, or BAD_USAGE for a query that the aggregator refuses. */
export async function ask<Answer>(client: Client, document: string, variables: AnyVariables): Promise<Answer> {
  const { data, error } = await client.query<Answer>(document, variables).toPromise();
  if (error) throw refusal(error);
  return data!;
}

/** The answer to a mutation; throws as `ask` does, and BAD_USAGE for what the document tells as `refusal`. */
export async function change<Answer extends object>(
  client: Client,
  document: string,
  variables: AnyVariables,
): Promise<Answer> {
  const { data, error } = await client.mutation<Answer>(document, variables).toPromise();
  if (error) throw refusal(error);
  for (const result of Object.values(data!)) {
    if (typeof result?.refusal === 'string') throw new ConnscanError('BAD_USAGE', result.refusal);
  }
  return data!;
}

/** The error of an answer as one of this project. */
export function refusal(error: CombinedError): ConnscanError {
  const [first] = error.graphQLErrors;
  if (first) {
    const code = first.extensions.code === 'BAD_USER_INPUT' ? 'BAD_USAGE' : 'AGGREGATOR_UNREACHABLE';
    return new ConnscanError(code, first.message, { cause: error });
  }
  const reason = error.networkError?.cause ?? error.networkError;
  return new ConnscanError(
    'AGGREGATOR_UNREACHABLE',
    `--url: ${reason instanceof Error ? reason.message : error.message}`,
    {
      cause: error,
    },
  );
}
