import { createShard, divideSize } from '@connscan/detector';
import type { KeysName } from './detector-keys.ts';
import { type DetectorMix, KEY } from './detector-mix.ts';
import { replayBench } from './replay-bench.ts';
import { createResult, type Result } from './result.ts';
import { type DetectorRun, runDetector, runLimit } from './start-detector-run.ts';

export type DetectorBenchOptions = {
  /** Medians are over so many rounds, each of a process for every mix. */
  readonly rounds: number;
  /** Measured in one run of the first mix, a multiple of 400,000; the others do half of it, and a tenth. */
  readonly records: number;
  /** Lines of the conn.log that is replayed. */
  readonly replayLines: number;
  readonly say: (step: string) => void;
};

type Mixes = { readonly few: DetectorMix; readonly many: DetectorMix; readonly adversarial: readonly Pair[] };

/** The same work with random keys, and with keys that an attacker would choose. */
type Pair = { readonly random: DetectorMix; readonly chosen: DetectorMix };

/**
 * How many records a second one worker takes, beside plain C that does the same exact job, which is checked; what an attacker
 * who knows the code makes of it; the memory of an agent's shards; and how fast `connscan replay` is.
 */
export async function detectorBench({ rounds, records, replayLines, say }: DetectorBenchOptions): Promise<Result[]> {
  const { few, many, adversarial } = mixesOf(records);
  const measured: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    const tell = (what: string) => say(`${what}, round ${round} of ${rounds}`);
    tell('2,000 sources');
    const ofFew = await besideLimit(few);
    tell('200,000 sources');
    const ofMany = await besideLimit(many);
    tell('chosen keys');
    const ratios: number[] = [];
    for (const pair of adversarial) ratios.push(await adversarialRatio(pair));
    measured.push({ few: ofFew, many: ofMany, adversarialRatio: Math.max(...ratios) });
  }
  const result = (name: string, unit: string, figure: (round: Round) => number) =>
    createResult(`detector.${name}`, unit, measured.map(figure));
  return [
    result('eventsPerSecond2k', 'events/s', ({ few }) => few.perSecond),
    result('eventsPerSecond200k', 'events/s', ({ many }) => many.perSecond),
    result('cEventsPerSecond2k', 'events/s', ({ few }) => few.limitPerSecond),
    result('cEventsPerSecond200k', 'events/s', ({ many }) => many.limitPerSecond),
    result('vsC', 'ratio', ({ few, many }) => Math.min(few.vsC, many.vsC)),
    result('vsC2k', 'ratio', ({ few }) => few.vsC),
    result('vsC200k', 'ratio', ({ many }) => many.vsC),
    result('adversarialRatio', 'ratio', ({ adversarialRatio }) => adversarialRatio),
    result('gcMs', 'ms', ({ few, many }) => few.ours.gcMs + many.ours.gcMs),
    result('collections', 'collections', ({ few, many }) => few.ours.collections + many.ours.collections),
    result('sightingsPerSecond', 'rows/s', ({ few }) => few.ours.sightingsPerSecond),
    createResult('detector.memoryMiB', 'MiB', [agentBytes() / 2 ** 20]),
    ...(await replayBench({ lines: replayLines, rounds, say })),
  ];
}

type Round = { readonly few: Beside; readonly many: Beside; readonly adversarialRatio: number };
type Beside = {
  readonly perSecond: number;
  readonly limitPerSecond: number;
  readonly vsC: number;
  readonly ours: DetectorRun;
};

function mixesOf(records: number): Mixes {
  const mix = (keys: KeysName, sources: number, services: number, share: number, size: DetectorMix['size']) => {
    const measured = records * share;
    return { keys, sources, services, records: measured, warmUpRecords: measured / 4, size };
  };
  const pairs = ([4, 6] as const).flatMap((family) => [
    // Many sources, whose chains an attacker would make long; then long chains of the services of each.
    { family, sources: 32_768, services: 4, size: { sources: 65_536, services: 1_048_576, episodes: 16 } },
    { family, sources: 64, services: 1000, size: { sources: 256, services: 524_288, episodes: 256 } },
  ]);
  return {
    few: mix('ordinary', 2000, 20, 1, { sources: 4096, services: 131_072, episodes: 4096 }),
    many: mix('ordinary', 200_000, 5, 0.5, { sources: 262_144, services: 2_097_152, episodes: 16 }),
    adversarial: pairs.map(({ family, sources, services, size }) => ({
      random: mix(`random${family}`, sources, services, 0.1, size),
      chosen: mix(`chosen${family}`, sources, services, 0.1, size),
    })),
  };
}

async function besideLimit(mix: DetectorMix): Promise<Beside> {
  const limit = await runLimit(mix);
  const ours = await runDetector(mix);
  if (limit.sums.join(' ') !== ours.sums.join(' ')) {
    throw new Error(`C did another job: its sums are ${limit.sums.join(' ')}, ours ${ours.sums.join(' ')}`);
  }
  const perSecond = (ns: number) => (mix.records * 1e9) / ns;
  return { perSecond: perSecond(ours.ns), limitPerSecond: perSecond(limit.ns), vsC: limit.ns / ours.ns, ours };
}

async function adversarialRatio({ random, chosen }: Pair): Promise<number> {
  const { ns } = await runDetector(random);
  return (await runDetector(chosen)).ns / ns;
}

/** Of the shards of one agent together, by whichever number of them takes most. */
function agentBytes(): number {
  const bytes = [1, 2, 4, 8].map(
    (shards) => shards * createShard({ ...divideSize(shards), key: KEY, startedMs: 0 }).buffer.byteLength,
  );
  return Math.max(...bytes);
}
