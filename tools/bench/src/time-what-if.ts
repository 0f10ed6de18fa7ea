import { setTimeout } from 'node:timers/promises';
import type { SpawnedAggregator } from '@connscan/lab';
import { Client } from 'pg';

export type WhatIfTimes = {
  /** Seconds of a what-if, each time that it was asked for. */
  readonly seconds: readonly number[];
  /** Seconds of one connection that reads the same columns of the same rows in binary and does nothing with them. */
  readonly copySeconds: number;
};

export type TimeWhatIfOptions = {
  readonly aggregator: SpawnedAggregator;
  readonly postgresUrl: string;
  /** Of the whole history. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** How many it has: another number that is replayed is an error. */
  readonly sightings: number;
  readonly asked: number;
};

/** Twice the thresholds in force: most detections would be others. */
const DOCUMENT = 'models: { connscan_internal_internal: { thresholds: { low: 20, medium: 50, high: 200 } } }';

const START = `mutation ($input: WhatIfInput!) {
  startWhatIf(input: $input) { ... on WhatIf { id } ... on UserError { message } }
}`;

const LOOK = `query ($id: ID!) { whatIf(id: $id) { state problem result { sightings evicted } } }`;

/** How often its state is looked at; it may seem to take longer by so much. At 25 ms the questions took a tenth of all time. */
const LOOK_MS = 250;

/** From the request to the result, curve included, as a client sees it. Throws if one fails or reads too little. */
export async function timeWhatIf(options: TimeWhatIfOptions): Promise<WhatIfTimes> {
  const { sinceMs, untilMs, sightings, asked, aggregator, postgresUrl } = options;
  const input = { document: DOCUMENT, since: new Date(sinceMs), until: new Date(untilMs) };
  const seconds: number[] = [];
  for (let time = 0; time < asked; time++) {
    const begunMs = performance.now();
    const { startWhatIf } = await aggregator.query(START, { input });
    if (startWhatIf.message) throw new Error(startWhatIf.message);
    const { state, problem, result } = await over(aggregator, startWhatIf.id);
    seconds.push((performance.now() - begunMs) / 1000);
    if (state !== 'DONE') throw new Error(`the what-if is ${state}: ${problem}`);
    if (result.sightings !== sightings) throw new Error(`${result.sightings} of ${sightings} sightings were replayed`);
  }
  return { seconds, copySeconds: await timeCopy(postgresUrl) };
}

async function over(aggregator: SpawnedAggregator, id: string) {
  for (;;) {
    const { whatIf } = await aggregator.query(LOOK, { id });
    if (whatIf.state !== 'WAITING' && whatIf.state !== 'RUNNING') return whatIf;
    await setTimeout(LOOK_MS);
  }
}

async function timeCopy(url: string): Promise<number> {
  const client = new Client(url);
  await client.connect();
  try {
    const begunMs = performance.now();
    // To a file that keeps nothing, by the server itself: the least that reading can take.
    await client.query(`copy (select source, destination, port, outcome, last_seen, uuid_hash(agent_id) from sightings)
      to program 'cat > /dev/null' (format binary)`);
    return (performance.now() - begunMs) / 1000;
  } finally {
    await client.end();
  }
}
