import { randomBytes } from 'node:crypto';
import { DEFAULT_POLICY } from '@connscan/model';
import { openProbe, type Ring } from '@connscan/probe';
import { requireMachine } from './require-machine.ts';
import { createResult, median, type Result } from './result.ts';
import { type Native, startNative } from './start-native.ts';
import { type RingWorkers, startRingWorkers } from './start-ring-workers.ts';

/** Two rings of 2 MiB: what the agent has on two cores. */
const RINGS = 2;
const RING_BYTES = 2 * 2 ** 20;

/** Of 64 bytes each; the kernel never fills the last byte. */
const FULL_RING = RING_BYTES / 64 - 1;

export type RingBenchOptions = {
  /** Medians are over so many rounds, after one to warm up. */
  readonly rounds: number;
  /** Every reader drains so many full rings in a round. */
  readonly fillsPerRound: number;
  /** The paced part: so many records a second into both rings together, for so long. */
  readonly pacedPerSecond: number;
  readonly pacedSeconds: number;
  readonly say: (step: string) => void;
};

/** What works on the rings: a writer and a worker for each, and libbpf's reader on the first. */
type Parts = { readonly writers: readonly Native[]; readonly workers: RingWorkers; readonly libbpf: Native };

/** How fast full kernel rings are read, by our reader and by libbpf's, and what is lost at a steady rate. */
export async function ringBench(options: RingBenchOptions): Promise<Result[]> {
  requireMachine(RINGS * RING_BYTES);
  await using disposables = new AsyncDisposableStack();
  const { rings } = disposables.adopt(openRings(), ({ close }) => close());
  const parts: Parts = {
    writers: rings.map(({ fd }) => disposables.use(startNative('ring-write', [], [fd]))),
    workers: disposables.use(startRingWorkers(rings)),
    libbpf: disposables.use(startNative('ring-read', [], [rings[0]!.fd])),
  };

  options.say('warming up');
  await drainRound(parts, options.fillsPerRound);
  const rounds: Rates[] = [];
  while (rounds.length < options.rounds) {
    options.say(`full rings, round ${rounds.length + 1} of ${options.rounds}`);
    rounds.push(await drainRound(parts, options.fillsPerRound));
  }
  options.say(`${options.pacedPerSecond} records a second for ${options.pacedSeconds} s`);
  const paced = await pace(parts, options);
  const runs = (figure: (rates: Rates) => number) => rounds.map(figure);
  return [
    createResult(
      'ring.recordsPerSecondOneWorker',
      'records/s',
      runs(({ one }) => one),
    ),
    createResult(
      'ring.recordsPerSecondTwoWorkers',
      'records/s',
      runs(({ two }) => two),
    ),
    createResult(
      'ring.recordsPerSecondC',
      'records/s',
      runs(({ c }) => c),
    ),
    createResult(
      'ring.vsC',
      'ratio',
      runs(({ one, c }) => one / c),
    ),
    createResult('ring.lostAt150k', 'records', [paced.lost]),
    createResult('ring.unaccountedAt150k', 'records', [paced.unaccounted]),
    createResult('ring.producedPerSecondAt150k', 'records/s', [paced.producedPerSecond]),
  ];
}

/** The real rings of a probe. Without internal ranges it writes nothing itself, so only the writers do. */
function openRings(): { readonly rings: readonly Ring[]; close(): void } {
  return openProbe({ ...DEFAULT_POLICY, shards: RINGS, ringBytes: RING_BYTES, internalCidrs: [], random: randomBytes });
}

/** Records a second of one worker, of two at once, and of libbpf, which takes turns with the one. */
type Rates = { readonly one: number; readonly two: number; readonly c: number };

async function drainRound({ writers, workers, libbpf }: Parts, fills: number): Promise<Rates> {
  const oneNs: number[] = [];
  const twoNs: number[] = [];
  const cNs: number[] = [];
  for (let i = 0; i < fills; i++) {
    await fill(writers[0]!);
    const [single] = await workers.drain(1);
    oneNs.push(single!.endNs - single!.startNs);

    await fill(writers[0]!);
    const [records, ns, checksum] = await libbpf.ask('');
    cNs.push(ns!);
    checkSame(single!, { records, checksum });

    await Promise.all(writers.map(fill));
    const both = await workers.drain(RINGS);
    for (const each of both) checkSame(each, single!);
    twoNs.push(Math.max(...both.map(({ endNs }) => endNs)) - Math.min(...both.map(({ startNs }) => startNs)));
  }
  // A drain takes a millisecond; the median leaves out those that the scheduler interrupted for several.
  const perSecond = (rings: number, ns: readonly number[]) => (rings * FULL_RING * 1e9) / median(ns);
  return { one: perSecond(1, oneNs), two: perSecond(RINGS, twoNs), c: perSecond(1, cNs) };
}

async function fill(writer: Native): Promise<void> {
  const [written] = await writer.ask(`${FULL_RING} 0`);
  if (written !== FULL_RING) throw new Error(`${written} records filled a ring of ${FULL_RING}`);
}

type Read = { readonly records: number | undefined; readonly checksum: number | undefined };

/** The same records have the same checksum, whoever reads them. */
function checkSame(a: Read, b: Read): void {
  if (a.records === b.records && a.checksum === b.checksum) return;
  const text = ({ records, checksum }: Read) => `${records} (checksum ${checksum})`;
  throw new Error(`two readers of the same records read ${text(a)} and ${text(b)}`);
}

/**
 * Writes at a steady rate while the workers poll as the agent does. `lost` is produced − received; `unaccounted` is what
 * of it the kernel did not count as a failed reservation.
 */
async function pace({ writers, workers }: Parts, { pacedPerSecond, pacedSeconds }: RingBenchOptions) {
  const perRing = pacedPerSecond / RINGS;
  const produced = perRing * pacedSeconds * RINGS;
  workers.poll();
  const answers = await Promise.all(writers.map((writer) => writer.ask(`${perRing * pacedSeconds} ${perRing}`)));
  const drained = await workers.stop();
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const lost = produced - sum(drained.map(({ records }) => records));
  const failed = sum(answers.map(([, failures]) => failures!));
  const seconds = Math.max(...answers.map(([, , ns]) => ns!)) / 1e9;
  return { lost, unaccounted: lost - failed, producedPerSecond: produced / seconds };
}
