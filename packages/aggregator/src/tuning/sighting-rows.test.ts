import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatAddress, outcomeOf, type Sighting } from '@connscan/model';
import { AGENT_ID, OTHER_AGENT_ID, START_MS } from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import type { Store } from '../store/open-store.ts';
import { saveSightings } from '../store/save-sightings.ts';
import { createSightingBatch } from '../store/sighting-batch.ts';
import { groupSightings, type SourceSightings } from './group-sightings.ts';
import { planStretches } from './plan-stretches.ts';
import { createRowsWriter, type SightingRows } from './sighting-rows.ts';
import { sightingsCopy } from './sightings-copy.ts';

const HOUR_MS = 3_600_000;
const SINCE_MS = Math.floor(START_MS / HOUR_MS) * HOUR_MS;
const EVERYTHING = { sinceMs: SINCE_MS, untilMs: SINCE_MS + 5 * HOUR_MS, round: 0, rounds: 1 };

let store: Store;

/** Of three hours, the latest first; two agents tell of the same services, some at the same time. */
const SIGHTINGS: readonly (Sighting & { readonly agentId: string })[] = Array.from({ length: 240 }, (_, n) => {
  const lastSeenMs = SINCE_MS + 3 * HOUR_MS - 1 - Math.floor(n / 3) * 135_000;
  const [source, destination] =
    n % 4 === 3
      ? [`fd00:0:0:${(n % 3) + 1}::${(n % 7) + 1}`, `fd00:1::${(n % 5) + 1}`]
      : [`10.0.0.${n % 9}`, `10.1.0.${n % 11}`];
  return {
    ...{ source: source!, destination: destination!, port: 1 + n * 273, outcome: outcomeOf(1 + (n % 5))! },
    ...{ firstSeenMs: lastSeenMs, lastSeenMs, connections: 1, agentId: n % 2 ? AGENT_ID : OTHER_AGENT_ID },
  };
});

before(async () => {
  store = await openTestStore();
  const batches = [AGENT_ID, OTHER_AGENT_ID].map((agentId) =>
    createSightingBatch(
      agentId,
      SIGHTINGS.filter((sighting) => sighting.agentId === agentId),
    ),
  );
  await store.db.transaction().execute((transaction) => saveSightings(transaction, batches));
});

after(() => store.close());

async function bytesOf(choice: Parameters<typeof sightingsCopy>[0]): Promise<Uint8Array> {
  assert.ok('copyOut' in store.bulk);
  return new Uint8Array(Buffer.concat(await store.bulk.copyOut(sightingsCopy(choice))));
}

async function rowsOf(choice: Parameters<typeof sightingsCopy>[0]): Promise<SightingRows> {
  const writer = createRowsWriter(1);
  writer.write(await bytesOf(choice));
  return writer.rows();
}

/** Counts from a number on, in steps. */
function counter(from = 0, step = 1): () => number {
  let next = from - step;
  return () => {
    next += step;
    return next;
  };
}

/** Of the buckets that are taken. */
function sourcesIn(stretches: readonly SightingRows[], takeBucket = counter()): string[][] {
  const sources: string[][] = [];
  const onSource = (sightings: SourceSightings) => sources.push(linesOf(sightings));
  groupSightings({ stretches, takeBucket, onSource, onProgress: () => {} });
  return sources;
}

function linesOf({ count, words, ports, outcomes, times }: SourceSightings): string[] {
  const bytes = new Uint8Array(words.buffer);
  const addressAt = (at: number) => formatAddress(bytes.slice(at, at + 16));
  return Array.from({ length: count }, (_, n) =>
    [times[n], addressAt(n * 32), addressAt(n * 32 + 16), ports[n], outcomeOf(outcomes[n]!)].join(' '),
  );
}

const lineOf = ({ lastSeenMs, source, destination, port, outcome }: Sighting) =>
  [lastSeenMs, source, destination, port, outcome].join(' ');

test('what is read of the store is what was told, source by source and each in the order of time', async () => {
  const sources = sourcesIn([await rowsOf(EVERYTHING)]);
  assert.deepEqual(sources.flat().sort(), SIGHTINGS.map(lineOf).sort());
  // Nine addresses, and three networks whose addresses count together.
  assert.equal(sources.length, 9 + 3);
  for (const lines of sources) {
    const times = lines.map((line) => Number(line.split(' ')[0]));
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    );
  }
});

test('however the bytes are cut, the rows are the same', async () => {
  const bytes = await bytesOf(EVERYTHING);
  const expected = await rowsOf(EVERYTHING);
  for (let length = 1; length < 200; length += length < 70 ? 1 : 17) {
    const writer = createRowsWriter(1000);
    for (let at = 0; at < bytes.length; at += length) writer.write(bytes.slice(at, at + length));
    assert.deepEqual(writer.rows(), expected, `in pieces of ${length}`);
  }
});

test('shares of the sources, and stretches of the time, together are all that there is', async () => {
  const { stretches, expected } = await planStretches(store.db, { ...EVERYTHING, rows: 25 });
  assert.equal(expected, SIGHTINGS.length);
  // An hour has 80.
  assert.ok(stretches.length >= 12);
  for (const [index, { untilMs }] of stretches.slice(0, -1).entries())
    assert.equal(stretches[index + 1]!.sinceMs, untilMs);
  const read = await Promise.all(stretches.map((stretch) => rowsOf({ ...EVERYTHING, ...stretch })));
  const whole = sourcesIn([await rowsOf(EVERYTHING)]);
  const parts = [0, 1, 2].flatMap((part) => sourcesIn(read, counter(part, 3)));
  const sorted = (sources: readonly string[][]) => sources.toSorted((one, other) => (one[0]! < other[0]! ? -1 : 1));
  assert.deepEqual(sorted(parts), sorted(whole));
});

test('rounds have sources of their own', async () => {
  const rounds = await Promise.all([0, 1, 2].map((round) => rowsOf({ ...EVERYTHING, round, rounds: 3 })));
  const sources = rounds.flatMap((rows) => sourcesIn([rows]));
  assert.equal(sources.length, 9 + 3);
  assert.equal(sources.flat().length, SIGHTINGS.length);
});

test('of no sightings there are no rows', async () => {
  const { count } = await rowsOf({ ...EVERYTHING, sinceMs: 0, untilMs: 1 });
  assert.equal(count, 0);
});
