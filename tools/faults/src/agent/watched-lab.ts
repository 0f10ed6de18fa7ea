import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLab, type Host, type SpawnedAggregator, spawnAggregator } from '@connscan/lab';
import type { Outcome } from '../scenario.ts';
import { type AgentProcess, runAgent, startAgentProcess } from './start-agent-process.ts';

/** Ports that a scan connects to, half of them open: a scan of them is told at once, and each is one service. */
const PORTS = Array.from({ length: 30 }, (_, index) => 8001 + index);

/** A lab has no health checkers to learn, so a scan is confirmed at once. */
const CONFIG = {
  shards: 1,
  policy: { models: { connscan_internal_internal: { confirmSeconds: 0, warmUpSeconds: 0 } } },
};

/** How long a detection may take to be stored when nothing is wrong any more, in milliseconds. */
const PATIENCE_MS = 60_000;

const POLL_MS = 100;

export type WatchedLabOptions = {
  /** Gone when the scope of the caller ends. */
  readonly directory: string;
  /** Scans that can be made, each from a host of its own. */
  readonly scans: number;
  /** Network namespaces to watch, too. */
  readonly netns?: readonly string[];
  /** Of the agent. */
  readonly env?: Readonly<Record<string, string>>;
};

/** A lab, an agent that watches it and has enrolled, and its aggregator: all of them real. */
export type WatchedLab = AsyncDisposable & {
  readonly agent: AgentProcess;
  readonly aggregator: SpawnedAggregator;
  /** Scans from a host that has not scanned before; `meanwhile` is done when it has scanned half. */
  scan(meanwhile?: () => Promise<void>): Promise<void>;
  /** Until each scan so far has its detection in the store. Throws if it does not come. */
  detected(): Promise<void>;
  /** Stops the agent, and compares what it saw and told with what is stored; every scan must be one detection of all its ports. */
  finish(points: number): Promise<Outcome & { readonly kernelDrops: number }>;
};

type Stored = {
  readonly detections: { readonly nodes: readonly { readonly source: string }[] };
  readonly sources: { readonly nodes: readonly { readonly address: string; readonly distinctServices: number }[] };
  readonly agents: readonly {
    readonly batches: number;
    readonly rejected: number;
    readonly lost: number;
    readonly gaps: number;
  }[];
};

const QUERY = `{
  detections(first: 200) { nodes { source } }
  sources(first: 200) { nodes { address distinctServices } }
  agents { batches rejected lost gaps }
}`;

export async function startWatchedLab({ directory, scans, netns = [], env }: WatchedLabOptions): Promise<WatchedLab> {
  await using starting = new AsyncDisposableStack();
  const aggregator = await spawnAggregator(join(directory, 'aggregator'));
  starting.defer(async () => void (await aggregator.end('SIGKILL')));
  const lab = starting.adopt(createLab({ targets: 1, sources: scans }), (made) => made.close());
  const [target] = lab.targets;
  await target!.serve(PORTS.filter((port) => port % 2 === 0).map((port) => `silent:${port}`));

  const config = join(directory, 'agent.yaml');
  // JSON is YAML.
  await writeFile(config, JSON.stringify(CONFIG));
  const data = join(directory, 'agent');
  const where = ['--aggregator', aggregator.grpc];
  const create = 'mutation { createEnrollToken { ... on NewEnrollToken { token } } }';
  const { createEnrollToken } = await aggregator.query(create);
  await runAgent('enroll', ...where, '--data', data, '--token', createEnrollToken.token);
  // The target alone: each connection is seen once.
  const namespaces = [target!.netns, ...netns].flatMap((name) => ['--netns', name]);
  const agent = await startAgentProcess({
    data,
    args: [...where, '--config', config, ...namespaces],
    ...(env && { env }),
  });
  starting.defer(() => void agent.child.kill('SIGKILL'));

  const scanned: Host[] = [];
  const stored = (): Promise<Stored> => aggregator.query(QUERY);
  const detectionsOf = ({ detections }: Stored, { address }: Host) =>
    detections.nodes.filter(({ source }) => source === address);

  async function detected(): Promise<void> {
    for (const endMs = performance.now() + PATIENCE_MS; ; await delay(POLL_MS)) {
      const now = await stored();
      const missing = scanned.filter((host) => detectionsOf(now, host).length === 0);
      if (missing.length === 0) return;
      if (performance.now() > endMs) throw new Error(`${missing.length} scans were not detected`);
    }
  }

  const running = starting.move();
  return {
    agent,
    aggregator,
    async scan(meanwhile = async () => {}) {
      const host = lab.sources[scanned.length]!;
      const nmap = (ports: readonly number[]) =>
        host.run('nmap', ['-sT', '-n', '-Pn', '--max-rate', '200', '-p', ports.join(','), target!.address]);
      await nmap(PORTS.slice(0, PORTS.length / 2));
      await meanwhile();
      await nmap(PORTS.slice(PORTS.length / 2));
      scanned.push(host);
    },
    detected,
    async finish(points) {
      await detected();
      const { seen, submitted, reserveFailed, filtered, processed, spool } = await agent.stop();
      const now = await stored();
      const { batches, rejected, lost, gaps } = now.agents[0]!;
      const found = scanned.map((host) => detectionsOf(now, host));
      const unaccounted = seen - submitted - reserveFailed - Object.values(filtered).reduce((sum, n) => sum + n, 0);
      const services = new Map(now.sources.nodes.map(({ address, distinctServices }) => [address, distinctServices]));
      const partial = scanned.filter(({ address }) => services.get(address) !== PORTS.length);
      return {
        points,
        acknowledged: spool.acknowledged + spool.waiting + lost,
        delivered: batches - rejected,
        lost: Math.abs(submitted - processed) + partial.length + rejected + lost + spool.waiting,
        duplicated: found.reduce((sum, list) => sum + list.length - 1, 0),
        unexplainedGaps: Math.abs(unaccounted) + gaps + Math.abs(spool.appended - batches),
        kernelDrops: reserveFailed,
      };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
