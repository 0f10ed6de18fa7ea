import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type SpawnedAggregator, spawnAggregator } from '@connscan/lab';
import { encodeSightings } from '@connscan/wire';
import { status } from '@grpc/grpc-js';
import { readEvents } from './read-events.ts';
import { AGENT_ID, helloOf, sightingOf } from './rows.ts';
import { runAggregator } from './run-aggregator.ts';
import { openSession, type TestSession } from './session.ts';

/** Batches of the story; batch N holds one connection of the source 10.0.0.N. */
const BATCHES = 150;

let data: string;
let aggregator: SpawnedAggregator;

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'connscan-process-'));
  aggregator = await spawnAggregator(data, '--insecure');
});

after(async () => {
  await aggregator.end('SIGKILL');
  await rm(data, { recursive: true });
});

function sendAll(): TestSession {
  const session = openSession(aggregator.grpc);
  session.send({ hello: helloOf(AGENT_ID) });
  for (let seq = 1; seq <= BATCHES; seq++) {
    const payload = encodeSightings([sightingOf({ source: `10.0.0.${seq}` })]);
    session.send({ batch: { seq, kind: 'SIGHTINGS', payload } });
  }
  return session;
}

async function readThrough(session: TestSession, through: number): Promise<void> {
  for (let seq = 1; seq <= through; seq++) assert.deepEqual(await session.next(), { ack: { through: seq } });
}

/** How many connections of each source are stored. */
async function storedSources(): Promise<number[]> {
  const query = '{ sources(first: 200) { nodes { connections { connections } } } }';
  const data = await aggregator.query(query);
  return data.sources.nodes.map((node: { connections: { connections: number }[] }) => node.connections[0]?.connections);
}

test('what was acknowledged survives kill -9, once', async () => {
  for (const acknowledged of [1, 60]) {
    const session = sendAll();
    await readThrough(session, acknowledged);
    assert.equal(await aggregator.end('SIGKILL'), null);
    session.close();
    aggregator = await spawnAggregator(data, '--insecure');
    const stored = await storedSources();
    assert.ok(stored.length >= acknowledged, `${stored.length} of ${acknowledged} acknowledged batches`);
    assert.ok(stored.every((connections) => connections === 1));
  }
});

test('SIGTERM finishes the commit in flight, ends every stream and exits with 0', async () => {
  const events = await readEvents(aggregator, 'subscription { detections { missed } }');
  const session = sendAll();
  await readThrough(session, 100);
  const exitCode = aggregator.end('SIGTERM');
  let acknowledged = 100;
  const { code } = await session.ended((answer) => {
    if ('ack' in answer) acknowledged = answer.ack.through;
  });
  assert.equal(code, status.UNAVAILABLE);
  await assert.rejects(events.next(), /the stream ended/);
  assert.equal(await exitCode, 0);
  session.close();
  aggregator = await spawnAggregator(data, '--insecure');
  assert.ok((await storedSources()).length >= acknowledged);
});

test('batches sent again after all that leave each of them stored once', async () => {
  const session = sendAll();
  await readThrough(session, BATCHES);
  session.close();
  assert.deepEqual(
    await storedSources(),
    Array.from({ length: BATCHES }, () => 1),
  );
});

test('a data directory in use is refused and its owner goes on', async () => {
  const { code, stderr } = await runAggregator(
    'serve',
    '--data',
    data,
    '--http',
    '127.0.0.1:0',
    '--grpc',
    '127.0.0.1:0',
  );
  assert.equal(code, 1);
  assert.equal(stderr, `DATA_DIRECTORY_IN_USE: ${data}: another process works in it\n`);
  assert.equal((await fetch(`${aggregator.origin}/healthz`)).status, 200);
});

test('every problem of the options is told at once', async () => {
  const { code, stderr } = await runAggregator(
    ...['serve', '--colour', '--http', '0.0.0.0:80', '--grpc', '10.0.0.1:80', '--insecure'],
  );
  assert.equal(code, 2);
  assert.deepEqual(stderr.trim().split('\n'), [
    'BAD_USAGE: --colour: unknown, see serve --help',
    '--data: must name a directory',
    '--http: needs --http-cert and --http-key for other than loopback, is "0.0.0.0:80"',
    '--insecure: is for loopback only, as anybody could speak for any agent; --grpc is "10.0.0.1:80"',
  ]);
});
