import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, formatSocketAddress } from '@connscan/program';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { DEFAULT_ROWS_PER_SECOND } from '../src/ingest/row-quota.ts';
import { type AggregatorOptions, startAggregator } from '../src/start-aggregator.ts';
import { openSession, type TestSession } from './session.ts';
import { startTestPostgres } from './test-store.ts';

type GraphqlAnswer = {
  // biome-ignore lint/suspicious/noExplicitAny: the shape is that of the query, which the test knows.
  readonly data: any;
  readonly errors?: { message: string; extensions: { code: string } }[];
};

export type TestAggregator = {
  /** Its data directory. */
  readonly data: string;
  /** Address of the HTTP port, as an origin. */
  readonly origin: string;
  /** The token of an administrator. */
  readonly token: string;
  /** Address of the gRPC port. */
  readonly grpc: string;
  /** As the administrator, or by another token. */
  query(query: string, variables?: object, token?: string): Promise<GraphqlAnswer>;
  /** A session that is closed with the aggregator. */
  session(channel?: ChannelCredentials): TestSession;
  stop(): Promise<void>;
};

/** A real aggregator with a store of its own on free ports; `stop` leaves nothing behind. */
export async function startTestAggregator({
  insecure = true,
  oidc,
}: Partial<Pick<AggregatorOptions, 'insecure' | 'oidc'>> = {}): Promise<TestAggregator> {
  const data = await mkdtemp(join(tmpdir(), 'connscan-aggregator-'));
  const postgres = await startTestPostgres();
  const free = { host: '127.0.0.1', port: 0 };
  const log = createLogger('test');
  log.level = 'silent';
  const aggregator = await startAggregator({
    data,
    store: postgres?.store,
    retentionDays: 90,
    agentRowsPerSecond: DEFAULT_ROWS_PER_SECOND,
    http: free,
    grpc: free,
    graphiql: false,
    insecure,
    oidc,
    log,
  });
  const origin = `http://${formatSocketAddress(aggregator.http)}`;
  const grpc = formatSocketAddress(aggregator.grpc);
  const token = (await readFile(join(data, 'admin-token'), 'utf8')).trim();
  const sessions: TestSession[] = [];
  return {
    data,
    origin,
    grpc,
    token,
    query: (query, variables, other = token) => postQuery({ origin, token: other }, query, variables),
    session(channel) {
      const session = openSession(grpc, channel);
      sessions.push(session);
      return session;
    },
    async stop() {
      for (const session of sessions) session.close();
      await aggregator.stop();
      await postgres?.close();
      await rm(data, { recursive: true });
    },
  };
}

async function postQuery(
  { origin, token }: Pick<TestAggregator, 'origin' | 'token'>,
  query: string,
  variables?: object,
): Promise<GraphqlAnswer> {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphqlAnswer;
}
