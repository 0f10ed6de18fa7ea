import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnAggregator, startPostgres } from '@connscan/lab';
import { PGlite } from '@electric-sql/pglite';
import { Client } from 'pg';
import { bareInsertRate, type RunStatement } from './bare-insert.ts';
import { createResult, type Result } from './result.ts';
import { startIngestAgents } from './start-ingest-agents.ts';

export type IngestBenchOptions = {
  /** Medians are over so many windows, after one to warm up. */
  readonly rounds: number;
  readonly windowMs: number;
  readonly sessions: number;
  readonly say: (step: string) => void;
};

type Rates = { readonly rates: readonly number[]; readonly bare: number };

/**
 * Sightings a second from gRPC to committed and acknowledged, in batches of 200, on both stores: the agents, the aggregator
 * and PostgreSQL are processes of their own on this machine, without TLS. PostgreSQL flushes each commit; the embedded store
 * never does. Throws unless the store has exactly the rows that were acknowledged.
 */
export async function ingestBench(options: IngestBenchOptions): Promise<Result[]> {
  const postgres = await measurePostgres(options);
  const embedded = await measureEmbedded(options);
  return [...resultsOf('Postgres', postgres), ...resultsOf('Embedded', embedded)];
}

function resultsOf(store: string, { rates, bare }: Rates): Result[] {
  return [
    createResult(`ingest.rowsPerSecond${store}`, 'rows/s', rates),
    createResult(`ingest.bareRowsPerSecond${store}`, 'rows/s', [bare]),
    createResult(
      `ingest.vsBare${store}`,
      'ratio',
      rates.map((rate) => rate / bare),
    ),
  ];
}

async function measurePostgres(options: IngestBenchOptions): Promise<Rates> {
  await using postgres = await startPostgres({ fsync: true });
  const { rates, rows } = await measure('PostgreSQL', options, () => {}, '--store', postgres.url);
  const client = new Client(postgres.url);
  await client.connect();
  try {
    const run: RunStatement = (statement, parameters) => client.query(statement, [...parameters]);
    requireRows(rows, (await client.query('select count(*)::integer as rows from sightings')).rows);
    options.say('PostgreSQL, bare inserts');
    return { rates, bare: await bareInsertRate(run, options.windowMs) };
  } finally {
    await client.end();
  }
}

async function measureEmbedded(options: IngestBenchOptions): Promise<Rates> {
  let bare = 0;
  const finish = async (data: string, rows: number) => {
    const client = await PGlite.create(join(data, 'store'));
    requireRows(rows, (await client.query<Count>('select count(*)::integer as rows from sightings')).rows);
    options.say('embedded, bare inserts');
    bare = await bareInsertRate((statement, parameters) => client.query(statement, [...parameters]), options.windowMs);
    await client.close();
  };
  const { rates } = await measure('embedded', options, finish);
  return { rates, bare };
}

async function measure(
  store: string,
  { rounds, windowMs, sessions, say }: IngestBenchOptions,
  finish: (data: string, rows: number) => Promise<void> | void,
  ...args: readonly string[]
): Promise<{ rates: number[]; rows: number }> {
  const data = await mkdtemp(join(tmpdir(), 'connscan-bench-'));
  try {
    say(`${store}, starting an aggregator`);
    const aggregator = await spawnAggregator(data, '--insecure', '--agent-rows-per-second', '1000000', ...args);
    const rates: number[] = [];
    let rows = 0;
    try {
      using agents = startIngestAgents(aggregator.grpc, sessions);
      for (let round = 0; round <= rounds; round++) {
        say(round === 0 ? `${store}, warming up` : `${store}, round ${round} of ${rounds}`);
        const rate = await agents.rate(windowMs);
        if (round > 0) rates.push(rate);
      }
      rows = await agents.finish();
    } finally {
      await aggregator.end();
    }
    await finish(data, rows);
    return { rates, rows };
  } finally {
    await rm(data, { recursive: true });
  }
}

type Count = { readonly rows: number };

function requireRows(acknowledged: number, [stored]: readonly Count[]): void {
  if (stored?.rows !== acknowledged) {
    throw new Error(`${acknowledged} rows were acknowledged, and ${stored?.rows} are in the store`);
  }
}
