import type { ClientConfig } from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';

/** A PostgreSQL database as `--store` names it. */
export type PostgresUrl = {
  /** As it was given, with its password. */
  readonly url: string;
  /** What connects to it. */
  readonly config: ClientConfig;
  /** The URL without its password, for messages. */
  readonly shown: string;
};

/** How long a server may take to answer a new connection, in milliseconds. */
const CONNECT_MS = 5000;

/**
 * To compile a plan, or to start workers for it, takes longer than the plans that this program asks for: 200 ms for the workers of
 * one that takes 20 ms without them.
 */
const SESSION = '-c jit=off -c max_parallel_workers_per_gather=0 -c work_mem=32MB';

/** Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`, as libpq reads it; otherwise returns the problem, without the password. */
export function parsePostgresUrl(text: string, option = '--store'): PostgresUrl | { readonly problem: string } {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    return { problem: `${option}: must be postgres://USER@HOST:PORT/DATABASE` };
  }
  try {
    const { options = '', ...config } = toClientConfig(parse(text, { useLibpqCompat: true }));
    const url = new URL(text);
    url.password = '';
    url.searchParams.delete('password');
    return {
      url: text,
      config: {
        ...config,
        application_name: 'connscan-aggregator',
        connectionTimeoutMillis: CONNECT_MS,
        keepAlive: true,
        options: `${SESSION} ${options}`.trim(),
      },
      shown: url.href,
    };
  } catch (error) {
    // Such as a file of `sslrootcert` that is missing.
    return { problem: `${option}: ${(error as Error).message}` };
  }
}
