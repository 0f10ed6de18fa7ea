import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type SpawnedAggregator, spawnAggregator, startPostgres } from '@connscan/lab';
import { Client } from 'pg';
import { DAYS, fillQueryData } from './query-data.ts';
import { pageQuestions, type Question, trendQuestions } from './query-questions.ts';
import { createResult, type Result } from './result.ts';
import { timeWhatIf, type WhatIfTimes } from './time-what-if.ts';

export type QueryBenchOptions = {
  readonly sightings: number;
  readonly detections: number;
  /** Times that each question is asked, after one that is not counted. */
  readonly asked: number;
  /** Times that a what-if over all sightings is asked for. */
  readonly whatIfs: number;
  readonly say: (step: string) => void;
};

/**
 * How long the API takes for pages of lists, for trends and for what-ifs, as its clients see it, over 30 days of history in
 * PostgreSQL with its ordinary settings. One client asks one question after another.
 */
export async function queryBench({ sightings, detections, asked, whatIfs, say }: QueryBenchOptions): Promise<Result[]> {
  const data = await mkdtemp(join(tmpdir(), 'connscan-bench-'));
  try {
    await using postgres = await startPostgres({ fsync: false, settings: { max_wal_size: '8GB' } });
    const serve = () => spawnAggregator(data, '--insecure', '--store', postgres.url);
    await (await serve()).end();
    const nowMs = Date.now();
    say(`filling in ${sightings} sightings and ${detections} detections`);
    await fill(postgres.url, { sightings, detections, nowMs });
    const aggregator = await serve();
    try {
      say('asking each question once: a server that has just started compiles what it runs');
      for (const { query, variables } of pageQuestions(nowMs))
        await aggregator.query(query, variables(createRandom(2)));
      const pages = await askAll(aggregator, pageQuestions(nowMs), asked, say);
      const trends = await askAll(aggregator, trendQuestions(nowMs), asked, say);
      say(`${whatIfs} what-ifs over ${sightings} sightings`);
      const whatIf = await timeWhatIf({
        ...{ aggregator, postgresUrl: postgres.url, sightings, asked: whatIfs },
        ...{ sinceMs: nowMs - (DAYS + 1) * DAY_MS, untilMs: nowMs + DAY_MS },
      });
      return [...resultsOf('page', pages), ...resultsOf('trend', trends), ...resultsOfWhatIf(sightings, whatIf)];
    } finally {
      await aggregator.end();
    }
  } finally {
    await rm(data, { recursive: true });
  }
}

async function fill(url: string, options: Parameters<typeof fillQueryData>[1]): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await openPartitions(client, options.nowMs);
    await fillQueryData(client, options);
  } finally {
    await client.end();
  }
}

/** Of the days before today: those of today and tomorrow the aggregator made. */
async function openPartitions(client: Client, nowMs: number): Promise<void> {
  for (let day = Math.floor(nowMs / DAY_MS) - DAYS; day < Math.floor(nowMs / DAY_MS); day++) {
    const [from, to] = [day, day + 1].map((at) => new Date(at * DAY_MS).toISOString());
    const name = `sightings_${from!.slice(0, 10).replaceAll('-', '')}`;
    await client.query(`create table ${name} partition of sightings for values from ('${from}') to ('${to}')`);
  }
}

const DAY_MS = 86_400_000;

/** Milliseconds of every answer; says the slowest of each question. Throws at the first that fails. */
async function askAll(
  aggregator: SpawnedAggregator,
  questions: readonly Question[],
  asked: number,
  say: (step: string) => void,
): Promise<number[]> {
  const below = createRandom(1);
  const all: number[] = [];
  for (const { name, query, variables } of questions) {
    const took: number[] = [];
    for (let time = 0; time <= asked; time++) {
      const begunMs = performance.now();
      await aggregator.query(query, variables(below));
      if (time > 0) took.push(performance.now() - begunMs);
    }
    const [middle, most] = [quantile(took, 0.5), Math.max(...took)].map((ms) => ms.toFixed(1));
    say(`${name}: ${middle} ms, at most ${most} ms`);
    all.push(...took);
  }
  return all;
}

function resultsOf(name: string, took: readonly number[]): Result[] {
  return [
    createResult(`query.${name}P50Ms`, 'ms', [quantile(took, 0.5)]),
    createResult(`query.${name}P99Ms`, 'ms', [quantile(took, 0.99)]),
  ];
}

/** Their names tell of ten million sightings, of which a smaller history has a share. */
function resultsOfWhatIf(sightings: number, { seconds, copySeconds }: WhatIfTimes): Result[] {
  const share = sightings / 10_000_000;
  return [
    createResult(
      'query.whatIf10MSeconds',
      's',
      seconds.map((time) => time / share),
    ),
    createResult(
      'query.whatIfVsCopy',
      'ratio',
      seconds.map((time) => time / copySeconds),
    ),
  ];
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;
}
