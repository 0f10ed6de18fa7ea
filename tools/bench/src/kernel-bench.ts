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

/** What was counted beside one observer; `told` are the ends it told of `opened` connections, two of each if all. */
type Count = { connections: number; ns: number; opened: number; told: number };
type Round = Readonly<Record<Traffic, Readonly<Record<ObserverName, Count>>>>;

/** What the probe costs the machine that it watches: rates of connections without, with, and with bpftrace; its run time. */
export async function kernelBench({ rounds, trafficMs, say }: KernelBenchOptions): Promise<Result[]> {
  const cores = availableParallelism();
  requireMachine(cores * defaultRingBytes(cores, cores));
  // As many threads as cores: what a reader takes of the processor lowers the rate too.
  await using churn = startNative('churn', [String(cores)]);
  await churn.ask(`talking ${trafficMs}`);

  const rates: Round[] = [];
  while (rates.length < rounds) {
    say(`connection rates, round ${rates.length + 1} of ${rounds}`);
    rates.push(await rateRound(churn, trafficMs));
  }
  const plain: number[] = [];
  const attributed: number[] = [];
  await using stats = startNative('bpf-stats');
  await stats.ask('');
  while (plain.length < rounds) {
    say(`run time, round ${plain.length + 1} of ${rounds}`);
    plain.push(await nsPerTransition(churn, trafficMs, false));
    attributed.push(await nsPerTransition(churn, trafficMs, true));
  }

  const ratios = (traffic: Traffic, a: ObserverName, b: ObserverName) =>
    rates.map((round) => perSecond(round[traffic][a]) / perSecond(round[traffic][b]));
  const none = rates.map(({ talking }) => perSecond(talking.none));
  const missing = rates.map(({ silent: { ours } }) => 2 * ours.opened - ours.told);
  const lines = rates.map(({ silent: { bpftrace } }) => bpftrace.told / bpftrace.opened);
  return [
    createResult('kernel.nsPerTransition', 'ns', plain),
    createResult('kernel.nsPerTransitionAttributed', 'ns', attributed),
    createResult('kernel.connectionRateRatio', 'ratio', ratios('talking', 'ours', 'none')),
    createResult('kernel.connectionRateRatioSilent', 'ratio', ratios('silent', 'ours', 'none')),
    createResult('kernel.rateVsBpftrace', 'ratio', ratios('talking', 'ours', 'bpftrace')),
    createResult('kernel.rateVsBpftraceSilent', 'ratio', ratios('silent', 'ours', 'bpftrace')),
    createResult('kernel.connectionsPerSecondNone', 'connections/s', none),
    createResult('kernel.recordsMissing', 'records', missing),
    createResult('kernel.bpftraceLinesPerConnection', 'lines', lines),
  ];
}

const perSecond = ({ connections, ns }: Count) => (connections * 1e9) / ns;

/** There and back, so that a machine that becomes slower or faster meanwhile does it to all alike. */
const ORDER: readonly ObserverName[] = ['none', 'ours', 'bpftrace', 'bpftrace', 'ours', 'none'];

async function rateRound(churn: Native, trafficMs: number): Promise<Round> {
  const empty = (): Count => ({ connections: 0, ns: 0, opened: 0, told: 0 });
  const counts = () => ({ none: empty(), ours: empty(), bpftrace: empty() });
  const round = { talking: counts(), silent: counts() };
  for (const traffic of TRAFFICS) {
    for (const name of ORDER) await countBeside(name, churn, traffic, trafficMs, round[traffic][name]);
  }
  return round;
}

async function countBeside(
  name: ObserverName,
  churn: Native,
  traffic: Traffic,
  trafficMs: number,
  count: Count,
): Promise<void> {
  const observer = await OBSERVERS[name](statSync(`/proc/${churn.pid}/ns/net`).ino);
  // Not measured: compilers are at work for a while after anything new was started.
  const [warmUp = 0] = await churn.ask(`${traffic} ${trafficMs / 2}`);
  const [connections = 0, ns = 0] = await churn.ask(`${traffic} ${trafficMs}`);
  count.told += await observer.stop();
  count.opened += warmUp + connections;
  count.connections += connections;
  count.ns += ns;
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
