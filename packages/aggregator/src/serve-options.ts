import { ConnscanError } from '@connscan/model';
import { isLoopback, parseSocketAddress } from '@connscan/program';
import { type OidcArguments, readOidcOptions } from './access/read-oidc-options.ts';
import type { AggregatorOptions } from './start-aggregator.ts';
import { parsePostgresUrl } from './store/postgres-url.ts';

/** Each day is a partition, and a query looks at each of them. */
const MAX_RETENTION_DAYS = 1000;

/** Options of `serve` as they are written. */
export type ServeArguments = OidcArguments & {
  readonly data?: string;
  readonly store?: string;
  readonly retentionDays: string;
  readonly agentRowsPerSecond: string;
  readonly http: string;
  readonly httpCert?: string;
  readonly httpKey?: string;
  readonly grpc: string;
  readonly graphiql?: boolean;
  readonly insecure?: boolean;
};

/** The options of the aggregator; throws BAD_USAGE with every problem, those found before included, one a line. */
export function readServeOptions(args: ServeArguments, found: readonly string[]): Omit<AggregatorOptions, 'log'> {
  const { data = '', graphiql = false, insecure = false } = args;
  const http = parseSocketAddress(args.http, '--http');
  const grpc = parseSocketAddress(args.grpc, '--grpc');
  const store = args.store === undefined ? undefined : parsePostgresUrl(args.store);
  const retentionDays = Number(args.retentionDays);
  const agentRowsPerSecond = Number(args.agentRowsPerSecond);
  const problems = [...found];
  if (!data) problems.push('--data: must name a directory');
  for (const read of [http, grpc, store]) if (read && 'problem' in read) problems.push(read.problem);
  if (!Number.isInteger(retentionDays) || retentionDays < 1 || retentionDays > MAX_RETENTION_DAYS) {
    problems.push(`--retention-days: must be from 1 to ${MAX_RETENTION_DAYS}, is "${args.retentionDays}"`);
  }
  if (!Number.isInteger(agentRowsPerSecond) || agentRowsPerSecond < 1) {
    problems.push(`--agent-rows-per-second: must be a whole number from 1, is "${args.agentRowsPerSecond}"`);
  }
  const httpCertificate = args.httpCert && args.httpKey ? { cert: args.httpCert, key: args.httpKey } : undefined;
  if (Boolean(args.httpCert) !== Boolean(args.httpKey)) problems.push('--http-cert, --http-key: go together');
  if (!httpCertificate && !('problem' in http) && !isLoopback(http.host)) {
    problems.push(`--http: needs --http-cert and --http-key for other than loopback, is "${args.http}"`);
  }
  const oidc = readOidcOptions(args, problems);
  if (insecure && !('problem' in grpc) && !isLoopback(grpc.host)) {
    problems.push(`--insecure: is for loopback only, as anybody could speak for any agent; --grpc is "${args.grpc}"`);
  }
  if (args.http === args.grpc && !args.http.endsWith(':0'))
    problems.push('--http, --grpc: must be two different ports');
  if (problems.length > 0 || 'problem' in http || 'problem' in grpc || (store && 'problem' in store)) {
    throw new ConnscanError('BAD_USAGE', problems.join('\n'));
  }
  return { data, store, retentionDays, agentRowsPerSecond, http, httpCertificate, oidc, grpc, graphiql, insecure };
}
