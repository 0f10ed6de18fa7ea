import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../../packages/aggregator/src/main.ts', import.meta.url));

export type RunningAggregator = {
  readonly grpcPort: number;
  readonly http: string;
  /** Its process now. */
  process(): ChildProcess;
  /** kill -9, and a new one on the same store and ports. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
};

/** An aggregator of its own process with an embedded store in `data`, and without identities. */
export async function startAggregatorProcess(data: string): Promise<RunningAggregator> {
  const first = await start(data, '127.0.0.1:0', '127.0.0.1:0');
  const { grpc, http } = first;
  let { child, closed } = first;
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await closed;
  };
  return {
    grpcPort: Number(grpc.split(':')[1]),
    http,
    process: () => child,
    async kill() {
      await end('SIGKILL');
      ({ child, closed } = await start(data, grpc, http));
    },
    stop: () => end('SIGTERM'),
  };
}

type Started = { child: ChildProcess; closed: Promise<unknown>; grpc: string; http: string };

async function start(data: string, grpc: string, http: string): Promise<Started> {
  const args = ['serve', '--data', data, '--grpc', grpc, '--http', http, '--insecure'];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout! })) {
    const said = JSON.parse(line) as { msg: string; grpc: string; http: string };
    if (said.msg !== 'listening') continue;
    child.stdout!.resume();
    return { child, closed, grpc: said.grpc, http: said.http };
  }
  throw new Error('the aggregator ended before it was listening');
}
