import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PROGRAMS, packProgram } from '@connscan/package';
import { defaultRingBytes } from '@connscan/probe';
import { cpuTimeNs, rssMiB } from './process-usage.ts';
import { requireMachine } from './require-machine.ts';
import { createResult, type Result } from './result.ts';
import { startNative } from './start-native.ts';
import { type PackedProcess, startPacked } from './start-packed.ts';

export type AgentBenchOptions = {
  /** Medians are over so many rounds. */
  readonly rounds: number;
  /** Of each measurement, in milliseconds. */
  readonly windowMs: number;
  /** Traffic before the first one, so that everything is loaded and compiled, in milliseconds. */
  readonly warmUpMs: number;
  /** Connections between ever other hosts at the end, which fill the tables, in milliseconds. */
  readonly spreadMs: number;
  readonly say: (step: string) => void;
};

/** Connections a second of ordinary traffic; 0 is as many as the machine makes. */
const LOADS = { idle: undefined, at1k: 1000, at10k: 10_000, atMost: 0 } as const;
type Load = keyof typeof LOADS;

/** What an agent takes of the processor and of memory, as it is released and with an aggregator to talk to. */
export async function agentBench(options: AgentBenchOptions): Promise<Result[]> {
  const { rounds, windowMs, warmUpMs, spreadMs, say } = options;
  const cores = availableParallelism();
  requireMachine(cores * defaultRingBytes(cores, cores));
  await using traffic = startNative('churn', [String(cores)]);
  await using programs = await startPrograms(traffic.pid, say);
  const { pid } = programs.agent;

  say('warming up');
  await traffic.ask(`talking ${warmUpMs / 2} 10000`);
  await traffic.ask(`silent ${warmUpMs / 2} 10000`);
  const cpu: Record<Load, number[]> = { idle: [], at1k: [], at10k: [], atMost: [] };
  const mostPerSecond: number[] = [];
  const rss: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    for (const load of Object.keys(LOADS) as Load[]) {
      const beganNs = cpuTimeNs(pid);
      const began = process.hrtime.bigint();
      const perSecond = LOADS[load];
      if (perSecond === undefined) await delay(windowMs);
      else {
        const [connections = 0, ns = 0] = await traffic.ask(`talking ${windowMs} ${perSecond}`);
        if (perSecond === 0) mostPerSecond.push((connections / ns) * 1e9);
      }
      cpu[load].push((100 * (cpuTimeNs(pid) - beganNs)) / Number(process.hrtime.bigint() - began));
    }
    rss.push(rssMiB(pid));
  }

  say('filling the tables');
  await traffic.ask(`spread ${spreadMs}`);
  const full = rssMiB(pid);
  return [
    createResult('agent.cpuPercentIdle', 'percent', cpu.idle),
    createResult('agent.cpuPercentAt1k', 'percent', cpu.at1k),
    createResult('agent.cpuPercentAt10k', 'percent', cpu.at10k),
    createResult('agent.cpuPercentAtMost', 'percent', cpu.atMost),
    createResult('agent.connectionsPerSecondAtMost', 'connections/s', mostPerSecond),
    createResult('agent.rssMiB', 'MiB', rss),
    createResult('agent.rssGrowthMiB', 'MiB', [rss.at(-1)! - rss[0]!]),
    createResult('agent.rssMiBSpread', 'MiB', [full]),
  ];
}

/** An aggregator, and an agent that watches the network namespace of `trafficPid`, both as they are released. */
async function startPrograms(
  trafficPid: number,
  say: (step: string) => void,
): Promise<AsyncDisposable & { readonly agent: PackedProcess }> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'connscan-bench-'));
  starting.defer(() => rm(folder, { recursive: true }));
  say('packing the programs');
  for (const program of PROGRAMS) await packProgram(program, join(folder, program.name), '0.0.0');
  const start = async (program: string, args: readonly string[], readyMessage: string) =>
    starting.use(await startPacked(join(folder, program), program, args, readyMessage));

  say('starting an aggregator and an agent');
  const addresses = ['--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0'];
  const serve = ['serve', '--data', join(folder, 'aggregator-data'), ...addresses, '--insecure'];
  const { ready } = await start('connscan-aggregator', serve, 'listening');
  const run = ['run', '--data', join(folder, 'agent-data'), '--aggregator', String(ready.grpc), '--insecure'];
  const agent = await start('connscan-agent', [...run, '--netns', `/proc/${trafficPid}/ns/net`], 'watching');
  const running = starting.move();
  return { agent, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
