import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Runs `connscan-aggregator` with arguments that make it end; tells how. */
export async function runAggregator(...args: string[]): Promise<{ code: number; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [[code], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  return { code, stderr };
}

export type SpawnedAggregator = {
  readonly origin: string;
  readonly grpc: string;
  /** Sends a signal to the process, waits for its end and returns its exit code, null if the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
};

/** Starts `connscan-aggregator serve` as a process of its own, on free ports. */
export async function spawnAggregator(data: string): Promise<SpawnedAggregator> {
  const args = ['serve', '--data', data, '--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0', '--insecure'];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, http, grpc } = JSON.parse(line);
    if (msg !== 'listening') continue;
    child.stdout.resume();
    return {
      origin: `http://${http}`,
      grpc,
      async end(signal) {
        child.kill(signal);
        const [code] = await closed;
        return code;
      },
    };
  }
  throw new Error('the aggregator ended before it was listening');
}
