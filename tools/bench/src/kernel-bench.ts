import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defaultRingBytes } from '@connscan/probe';
import { OBSERVERS, type ObserverName, openDefaultProbe } from './observers.ts';
import { programRunTimeNs } from './program-run-time.ts';
import { requireMachine } from './require-machine.ts';
import { createResult, type Result } from './result.ts';
import { type Native, startNative } from './start-native.ts';

export type KernelBenchOptions = {
  /** Medians are over so many rounds. */
  readonly rounds: number;
  /** Traffic of each measurement, in milliseconds. */
  readonly trafficMs: number;
  readonly say: (step: string) => void;
};

/** `talking` is ordinary traffic, of which the probe records nothing; of `silent` it records both sides. */
const TRAFFICS = ['talking', 'silent'] as const;
type Traffic = (typeof TRAFFICS)[number];

/** `told` are the ends of connections that the observer told: two of each if it told all. */
type Rate = { readonly connections: number; readonly perSecond: number; readonly told: number };
type Round = Readonly<Record<Traffic, Readonly<Record<ObserverName, Rate>>>>;

/** What the probe costs the machine that it watches: rates of connections without, with, and with bpftrace; its run time. */
export async function kernelBench({ rounds, trafficMs, say }: KernelBenchOptions): Promise<Result[]> {
  const cores = availableParallelism();
  requireMachine(cores * defaultRingBytes(cores, cores));
  // As many threads as cores: what a reader takes of the processor lowers the rate too.
  await using churn = startNative('churn', [String(cores)]);
  await churn.ask(`talking ${trafficMs}`);

  const rates: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    say(`connection rates, round ${round + 1} of ${rounds}`);
    rates.push(await rateRound(churn, trafficMs, round));
  }
  const plain: number[] = [];
  const attributed: number[] = [];
  await using stats = startNative('bpf-stats');
  await stats.ask('');
  for (let round = 0; round < rounds; round++) {
    say(`run time, round ${round + 1} of ${rounds}`);
    plain.push(await nsPerTransition(churn, trafficMs, false));
    attributed.push(await nsPerTransition(churn, trafficMs, true));
  }

  const ratios = (traffic: Traffic, a: ObserverName, b: ObserverName) =>
    rates.map((round) => round[traffic][a].perSecond / round[traffic][b].perSecond);
  const missing = rates.map(({ silent: { ours } }) => 2 * ours.connections - ours.told);
  const lines = rates.map(({ silent: { bpftrace } }) => bpftrace.told / bpftrace.connections);
  const perSecondNone = rates.map(({ talking }) => talking.none.perSecond);
  return [
    createResult('kernel.nsPerTransition', 'ns', plain),
    createResult('kernel.nsPerTransitionAttributed', 'ns', attributed),
    createResult('kernel.connectionRateRatio', 'ratio', ratios('talking', 'ours', 'none')),
    createResult('kernel.connectionRateRatioSilent', 'ratio', ratios('silent', 'ours', 'none')),
    createResult('kernel.rateVsBpftrace', 'ratio', ratios('talking', 'ours', 'bpftrace')),
    createResult('kernel.rateVsBpftraceSilent', 'ratio', ratios('silent', 'ours', 'bpftrace')),
    createResult('kernel.connectionsPerSecondNone', 'connections/s', perSecondNone),
    createResult('kernel.recordsMissing', 'records', missing),
    createResult('kernel.bpftraceLinesPerConnection', 'lines', lines),
  ];
}

/** Both kinds of traffic beside each observer, beginning with another one in each round. */
async function rateRound(churn: Native, trafficMs: number, round: number): Promise<Round> {
  const names = Object.keys(OBSERVERS) as ObserverName[];
  const order = names.map((_, index) => names[(index + round) % names.length]!);
  const measured = {} as Record<Traffic, Record<ObserverName, Rate>>;
  for (const traffic of TRAFFICS) {
    measured[traffic] = {} as Record<ObserverName, Rate>;
    for (const name of order) measured[traffic][name] = await rateBeside(name, churn, traffic, trafficMs);
  }
  return measured;
}

async function rateBeside(name: ObserverName, churn: Native, traffic: Traffic, trafficMs: number): Promise<Rate> {
  const observer = await OBSERVERS[name](statSync(`/proc/${churn.pid}/ns/net`).ino);
  const [connections = 0, ns = 0] = await churn.ask(`${traffic} ${trafficMs}`);
  const told = await observer.stop();
  return { connections, perSecond: (connections * 1e9) / ns, told };
}

/** The mean run time of all programs together over all transitions of ordinary traffic. */
async function nsPerTransition(churn: Native, trafficMs: number, attribution: boolean): Promise<number> {
  // Without what looks at resets, so that all that is seen is transitions.
  const probe = openDefaultProbe({ attribution, refused: false });
  try {
    const seen = probe.counters().seen;
    const startNs = programRunTimeNs();
    await churn.ask(`talking ${trafficMs}`);
    return (programRunTimeNs() - startNs) / (probe.counters().seen - seen);
  } finally {
    probe.close();
  }
}
