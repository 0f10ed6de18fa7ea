import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../packages/aggregator/src/main.ts', import.meta.url));

export type SpawnedAggregator = {
  readonly pid: number;
  /** Of its GraphQL. */
  readonly origin: string;
  /** The token of its first administrator. */
  readonly token: string;
  /** HOST:PORT for agents. */
  readonly grpc: string;
  /** The data of a query or a mutation; throws the first error. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is that of the query, which the caller knows.
  query(query: string, variables?: object): Promise<any>;
  /** Sends SIGTERM, or another signal; resolves with its exit code when it has ended, null if the signal ended it. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
};

/** Starts `connscan-aggregator serve` as a process of its own, on free ports unless `options` say others. */
export async function spawnAggregator(data: string, ...options: readonly string[]): Promise<SpawnedAggregator> {
  const args = ['serve', '--data', data, '--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0', ...options];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, http, grpc } = JSON.parse(line);
    if (msg !== 'listening') continue;
    child.stdout.resume();
    const origin = `http://${http}`;
    const token = (await readFile(join(data, 'admin-token'), 'utf8')).trim();
    return {
      pid: child.pid!,
      origin,
      token,
      grpc,
      async query(query, variables) {
        const response = await fetch(`${origin}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify({ query, variables }),
        });
        const { data: answer, errors } = (await response.json()) as { data: unknown; errors?: { message: string }[] };
        if (errors) throw new Error(errors[0]?.message);
        return answer;
      },
      async end(signal = 'SIGTERM') {
        child.kill(signal);
        const [code] = await closed;
        return code;
      },
    };
  }
  throw new Error('the aggregator ended before it was listening');
}
