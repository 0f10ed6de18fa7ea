import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Stack, startStack } from '@connscan/demo';
import { createRandom, startPostgres } from '@connscan/lab';
import { followStarts } from './follow-starts.ts';
import { requireMachine } from './require-machine.ts';
import { createResult, type Result } from './result.ts';

export type LatencyBenchOptions = {
  /** Scans that are measured, each by a source of its own; 250 at most. */
  readonly episodes: number;
  readonly say: (step: string) => void;
};

/** The first threshold of a new agent. */
const SERVICES = Array.from({ length: 10 }, (_, at) => `silent:${5001 + at}`);

/**
 * The last connection of a scan comes up to so many milliseconds after those before it, at random: at whatever moment of the
 * agent's looks at its rings, which are 5 to 100 ms apart.
 */
const MAX_PAUSE_MS = 1000;

/** Scans before those that are measured, so that everything is loaded and compiled. */
const WARM_UP = 20;

/** A detection that has not come by then is lost, and the measurement with it. */
const LOST_MS = 10_000;

/**
 * From the close of the connection that crosses the threshold to the event at a subscriber: probe, agent with its spool on the
 * disk, aggregator with its commit, server-sent events, all as processes of their own. Throws if one scan is not told.
 */
export async function latencyBench({ episodes, say }: LatencyBenchOptions): Promise<Result[]> {
  requireMachine(0);
  const embedded = await measure({ episodes, say, store: undefined });
  await using postgres = await startPostgres({ fsync: true });
  const onServer = await measure({ episodes, say, store: postgres.url });
  return [...resultsOf('', embedded), ...resultsOf('Postgres', onServer)];
}

function resultsOf(store: string, latenciesMs: readonly number[]): Result[] {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const rank = Math.ceil(0.99 * sorted.length) - 1;
  return [
    createResult(`latency.p50Ms${store}`, 'ms', latenciesMs),
    createResult(`latency.p99Ms${store}`, 'ms', [sorted[rank]!]),
  ];
}

async function measure({
  episodes,
  say,
  store,
}: LatencyBenchOptions & { readonly store: string | undefined }): Promise<number[]> {
  const stack = await startStack({
    targets: 1,
    services: SERVICES,
    http: '127.0.0.1:0',
    grpc: '127.0.0.1:0',
    config: {},
    store,
    say,
  });
  try {
    say(`${store ? 'PostgreSQL' : 'embedded'}: ${episodes} scans of ten services`);
    return (await scan(stack, WARM_UP + episodes)).slice(WARM_UP);
  } finally {
    await stack.stop();
  }
}

/** Latencies of so many scans, one after the other, in milliseconds. */
async function scan({ lab, url, token }: Stack, scans: number): Promise<number[]> {
  const { source } = lab;
  const target = lab.targets[0]!;
  await target.run('ip', ['route', 'add', '10.77.1.0/24', 'via', source.address]);
  const ports = SERVICES.map((service) => service.split(':')[1]!);
  const program = new URL('./latency-knocks.ts', import.meta.url).pathname;
  const scanner = source.spawn(process.execPath, [program, target.address, ...ports]);
  const told = createInterface({ input: scanner.stdout! })[Symbol.asyncIterator]();
  const random = createRandom(1);
  const latencies: number[] = [];
  await using starts = await followStarts(url, token);
  for (let number = 1; number <= scans; number++) {
    const address = `10.77.1.${number}`;
    await source.run('ip', ['address', 'add', `${address}/32`, 'dev', 'eth0']);
    const seen = starts.of(address, LOST_MS + MAX_PAUSE_MS);
    scanner.stdin!.write(`${address} ${random(MAX_PAUSE_MS)}\n`);
    const [{ value = '' }, seenNs] = await Promise.all([told.next(), seen]);
    const [, closedNs = ''] = value.split(' ');
    latencies.push(Number(seenNs - BigInt(closedNs)) / 1e6);
  }
  scanner.stdin!.end();
  await once(scanner, 'close');
  return latencies;
}
