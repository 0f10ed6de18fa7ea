import { ConnscanError } from '@connscan/model';
import { isLoopback, parseLoopbackAddress, parseSocketAddress } from '@connscan/program';
import type { AggregatorOptions } from './start-aggregator.ts';

/** Options of `serve` as they are written. */
export type ServeArguments = {
  readonly data?: string;
  readonly http: string;
  readonly grpc: string;
  readonly graphiql?: boolean;
  readonly insecure?: boolean;
};

/** The options of the aggregator; throws BAD_USAGE with every problem, those found before included, one a line. */
export function readServeOptions(args: ServeArguments, found: readonly string[]): Omit<AggregatorOptions, 'log'> {
  const { data = '', graphiql = false, insecure = false } = args;
  const http = parseLoopbackAddress(args.http, '--http');
  const grpc = parseSocketAddress(args.grpc, '--grpc');
  const problems = [...found];
  if (!data) problems.push('--data: must name a directory');
  for (const address of [http, grpc]) if ('problem' in address) problems.push(address.problem);
  if (insecure && !('problem' in grpc) && !isLoopback(grpc.host)) {
    problems.push(`--insecure: is for loopback only, as anybody could speak for any agent; --grpc is "${args.grpc}"`);
  }
  if (args.http === args.grpc && !args.http.endsWith(':0'))
    problems.push('--http, --grpc: must be two different ports');
  if (problems.length > 0 || 'problem' in http || 'problem' in grpc) {
    throw new ConnscanError('BAD_USAGE', problems.join('\n'));
  }
  return { data, http, grpc, graphiql, insecure };
}
