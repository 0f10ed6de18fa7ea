import { spawnAggregator } from '@connscan/lab';

export type RunningAggregator = {
  readonly grpcPort: number;
  /** kill -9, and a new one on the same store and ports. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
};

/** An aggregator of its own process with an embedded store in `data`, and without identities. */
export async function startAggregatorProcess(data: string): Promise<RunningAggregator> {
  let running = await spawnAggregator(data, '--insecure');
  const { grpc, origin } = running;
  return {
    grpcPort: Number(grpc.split(':')[1]),
    async kill() {
      await running.end('SIGKILL');
      running = await spawnAggregator(data, '--insecure', '--grpc', grpc, '--http', new URL(origin).host);
    },
    async stop() {
      await running.end();
    },
  };
}
