import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab, type Lab } from '@connscan/lab';
import { type RunningProgram, startProgram } from './start-program.ts';

/** An aggregator, a lab, and an agent that watches the lab, all on this machine. */
export type Stack = {
  readonly lab: Lab;
  readonly agent: RunningProgram;
  readonly aggregator: RunningProgram;
  /** Of the aggregator's GraphQL. */
  readonly url: string;
  /** Of its administrator, and the file with it. */
  readonly token: string;
  readonly tokenFile: string;
  /** Where everything is kept while the stack runs. */
  readonly data: string;
  /** Ends what still runs, and leaves nothing behind. */
  stop(): Promise<void>;
};

export type StackOptions = {
  readonly targets: number;
  /** Hosts that connect to them; one if left out. */
  readonly sources?: number;
  /** KIND:PORT, served by every target. */
  readonly services: readonly string[];
  /** HOST:PORT to listen on, port 0 for any. */
  readonly http: string;
  readonly grpc: string;
  /** Of the agent, in the words of its config file. */
  readonly config: Readonly<Record<string, unknown>>;
  /** URL of the PostgreSQL database that the aggregator is to use; its embedded store if left out. */
  readonly store?: string | undefined;
  /** Told before each step. */
  readonly say: (step: string) => void;
  /** Ends a start before its next step; what had been started is stopped. */
  readonly signal?: AbortSignal;
};

/** Starts the parts from the sink to the source: aggregator, lab, agent. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { targets, sources = 1, services, http, grpc, config, store, say, signal } = options;
  const step = (text: string) => {
    signal?.throwIfAborted();
    say(text);
  };
  await using starting = new AsyncDisposableStack();
  const data = await mkdtemp(join(tmpdir(), 'connscan-'));
  starting.defer(() => rm(data, { recursive: true }));

  step(`starting the aggregator, with ${store ? 'PostgreSQL' : 'its embedded store'}`);
  const serve = [
    'serve',
    '--data',
    join(data, 'aggregator'),
    '--http',
    http,
    '--grpc',
    grpc,
    '--graphiql',
    '--insecure',
    ...(store ? ['--store', store] : []),
  ];
  const aggregator = await startProgram('connscan-aggregator', serve, 'listening');
  starting.defer(async () => void (await aggregator.stop()));
  const tokenFile = join(data, 'aggregator', 'admin-token');
  const token = (await readFile(tokenFile, 'utf8')).trim();

  step(
    `building a lab: ${sources === 1 ? 'one source' : `${sources} sources`} and ${targets} targets with ${services.length} services each`,
  );
  const lab = createLab({ targets, sources });
  starting.defer(() => lab.close());
  await Promise.all(lab.targets.map((target) => target.serve(services)));

  step('starting the agent: the probe goes into the kernel');
  const configFile = join(data, 'agent.yaml');
  // JSON is YAML.
  await writeFile(configFile, JSON.stringify(config));
  const address = String(aggregator.ready.grpc);
  const run = ['run', '--aggregator', address, '--data', join(data, 'agent'), '--config', configFile, '--insecure'];
  // The lab and nothing else: the machine may have an agent of its own, and traffic of its own.
  for (const { netns } of [...lab.sources, ...lab.targets]) run.push('--netns', netns);
  const agent = await startProgram('connscan-agent', run, 'watching');
  starting.defer(async () => void (await agent.stop()));

  signal?.throwIfAborted();
  const running = starting.move();
  return {
    lab,
    agent,
    aggregator,
    url: `http://${aggregator.ready.http}/graphql`,
    token,
    tokenFile,
    data,
    stop: () => running.disposeAsync(),
  };
}
