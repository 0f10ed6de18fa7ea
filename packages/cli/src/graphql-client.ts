import { ConnscanError, type ErrorCode } from '@connscan/model';
import { isLoopback } from '@connscan/program';
import { type AnyVariables, Client, type CombinedError, fetchExchange } from '@urql/core';
import { readToken, type Token } from './read-token.ts';

/** What the codes of the aggregator's errors are here. */
const CODES: Readonly<Record<string, ErrorCode>> = { BAD_USER_INPUT: 'BAD_USAGE', FORBIDDEN: 'ACCESS_REFUSED' };

/** An aggregator, and the file with the token for it if one was named. */
export type Aggregator = { readonly url: string; readonly tokenFile?: string };

/**
 * GraphQL over HTTP, subscriptions as server-sent events; nothing is cached. `onStream` is called when the aggregator has
 * begun to answer a subscription, so that nothing later is missed. Throws BAD_USAGE unless `url` is one that a token may be
 * sent to, and the token is one.
 */
export function createGraphqlClient({ url, tokenFile }: Aggregator, onStream: () => void = () => {}): Client {
  const { protocol = '', hostname = '' } = URL.parse(url) ?? {};
  if (!/^https?:$/.test(protocol)) {
    const example = 'http://127.0.0.1:8470/graphql';
    throw new ConnscanError('BAD_USAGE', `--url: must be a URL such as ${example}, is ${JSON.stringify(url)}`);
  }
  if (protocol === 'http:' && !isLoopback(hostname.replace(/^\[|\]$/g, ''))) {
    throw new ConnscanError('BAD_USAGE', '--url: must be https, or the token could be read on its way');
  }
  const token = readToken({ tokenFile, env: process.env });
  return new Client({
    url,
    fetchOptions: token.text === undefined ? {} : { headers: { authorization: `Bearer ${token.text}` } },
    exchanges: [fetchExchange],
    fetchSubscriptions: true,
    preferGetMethod: false,
    requestPolicy: 'network-only',
    async fetch(...request) {
      const response = await fetch(...request);
      if (response.status === 401) throw unknownToken(await response.text(), token);
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

function unknownToken(body: string, { from }: Token): ConnscanError {
  const [, problem = 'the aggregator lets nobody in without a token'] = /"message":"([^"\\]*)"/.exec(body) ?? [];
  return new ConnscanError('ACCESS_REFUSED', `${problem}; token from ${from}`);
}

/** The error of an answer as one of this project. */
export function refusal(error: CombinedError): ConnscanError {
  const [first] = error.graphQLErrors;
  if (first) {
    const code = CODES[String(first.extensions.code)] ?? 'AGGREGATOR_UNREACHABLE';
    return new ConnscanError(code, first.message, { cause: error });
  }
  if (error.networkError instanceof ConnscanError) return error.networkError;
  const reason = error.networkError?.cause ?? error.networkError;
  return new ConnscanError(
    'AGGREGATOR_UNREACHABLE',
    `--url: ${reason instanceof Error ? reason.message : error.message}`,
    {
      cause: error,
    },
  );
}
