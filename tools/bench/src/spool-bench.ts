import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpool, openSpoolFiles, type Spool, systemClock } from '@connscan/agent/spool';
import { createResult, type Result } from './result.ts';
import { type Native, startNative } from './start-native.ts';

/** A batch of 200 sightings, and one of one detection. */
const BATCHES = [
  { name: 'sightings', kind: 'SIGHTINGS', bytes: 18_200 },
  { name: 'detection', kind: 'DETECTIONS', bytes: 1000 },
] as const;
type BatchShape = (typeof BATCHES)[number];

/** Under way at once, where many are: what an agent has after a busy second. */
const WINDOW = 32;

export type SpoolBenchOptions = {
  /** Medians are over so many rounds, after one to warm up. */
  readonly rounds: number;
  /** Batches of each kind and way in a round. */
  readonly appends: number;
  readonly say: (step: string) => void;
};

type Rates = {
  readonly one: number;
  readonly p99Ms: number;
  readonly many: number;
  readonly c: number;
  readonly cP99Ms: number;
};

/** How fast batches are durable, beside a loop of write and fdatasync in C on the same file system. */
export async function spoolBench({ rounds, appends, say }: SpoolBenchOptions): Promise<Result[]> {
  const directory = await mkdtemp(join(tmpdir(), 'connscan-bench-'));
  try {
    await using native = startNative('sync-write', [join(directory, 'c')]);
    const results: Result[] = [];
    for (const batch of BATCHES) {
      const runs: Rates[] = [];
      for (let round = 0; round <= rounds; round++) {
        say(round === 0 ? `${batch.name}, warming up` : `${batch.name}, round ${round} of ${rounds}`);
        const rates = await measure(batch, appends, join(directory, `${batch.name}-${round}`), native);
        if (round > 0) runs.push(rates);
      }
      results.push(...resultsOf(batch, runs));
    }
    return results;
  } finally {
    await rm(directory, { recursive: true });
  }
}

function resultsOf({ name }: BatchShape, runs: readonly Rates[]): Result[] {
  const prefix = name === 'sightings' ? 'spool.append' : 'spool.detectionAppend';
  const figure = (pick: (rates: Rates) => number) => runs.map(pick);
  return [
    createResult(
      `${prefix}sPerSecond`,
      'appends/s',
      figure(({ many }) => many),
    ),
    createResult(
      `${prefix}sPerSecondOneByOne`,
      'appends/s',
      figure(({ one }) => one),
    ),
    createResult(
      `${prefix}P99Ms`,
      'ms',
      figure(({ p99Ms }) => p99Ms),
    ),
    createResult(
      `${prefix}sPerSecondC`,
      'appends/s',
      figure(({ c }) => c),
    ),
    createResult(
      `${prefix}P99MsC`,
      'ms',
      figure(({ cP99Ms }) => cP99Ms),
    ),
    createResult(
      `${prefix}sVsC`,
      'ratio',
      figure(({ many, c }) => many / c),
    ),
  ];
}

async function measure(batch: BatchShape, appends: number, path: string, native: Native): Promise<Rates> {
  const logger = { info() {}, warn() {}, error() {} };
  const spool = await openSpool({ files: openSpoolFiles(path), clock: systemClock, logger, randomUUID });
  const payload = randomBytes(batch.bytes);
  // Its first segment is made before anything is timed, as the C loop opens its file before.
  await append(spool, batch, payload);
  const took: number[] = [];
  for (let i = 0; i < appends; i++) took.push(await append(spool, batch, payload));
  const oneMs = took.reduce((sum, ms) => sum + ms, 0);

  const begunMs = performance.now();
  let left = appends;
  const work = async () => {
    while (left-- > 0) await append(spool, batch, payload);
  };
  await Promise.all(Array.from({ length: WINDOW }, work));
  const manyMs = performance.now() - begunMs;
  if (!spool.health().durable || spool.waiting() !== 2 * appends + 1) throw new Error('not every batch was kept');
  await spool.close();

  const [cNs, cP99Ns] = await native.ask(`${batch.bytes} ${appends}`);
  return {
    one: (appends * 1000) / oneMs,
    p99Ms: took.sort((a, b) => a - b)[Math.floor(appends * 0.99)]!,
    many: (appends * 1000) / manyMs,
    c: (appends * 1e9) / cNs!,
    cP99Ms: cP99Ns! / 1e6,
  };
}

/** Milliseconds until it is durable. */
async function append(spool: Spool, { kind }: BatchShape, payload: Uint8Array): Promise<number> {
  const begunMs = performance.now();
  if ((await spool.append(kind, payload)) === undefined) throw new Error('a batch was not kept on disk');
  return performance.now() - begunMs;
}
