import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../aggregator/src/main.ts', import.meta.url));

export type SpawnedAggregator = {
  /** HOST:PORT for agents. */
  readonly grpc: string;
  /** The data of a query or a mutation; throws the first error. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is that of the query, which the test knows.
  query(query: string, variables?: object): Promise<any>;
  end(): Promise<void>;
};

/** A real aggregator as a process of its own, on free ports. */
export async function spawnAggregator(data: string, ...options: string[]): Promise<SpawnedAggregator> {
  const args = ['serve', '--data', data, '--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0', ...options];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, http, grpc } = JSON.parse(line);
    if (msg !== 'listening') continue;
    child.stdout.resume();
    return {
      grpc,
      async query(query, variables) {
        const response = await fetch(`http://${http}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query, variables }),
        });
        const { data: answer, errors } = (await response.json()) as { data: unknown; errors?: { message: string }[] };
        if (errors) throw new Error(errors[0]?.message);
        return answer;
      },
      async end() {
        child.kill('SIGTERM');
        await closed;
      },
    };
  }
  throw new Error('the aggregator ended before it was listening');
}
