import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Postgres, type SpawnedAggregator, spawnAggregator, startPostgres } from '@connscan/lab';
import { encodeSightings } from '@connscan/wire';
import { status } from '@grpc/grpc-js';
import { Client } from 'pg';
import { openPostgresStore } from '../src/store/open-postgres-store.ts';
import { parsePostgresUrl } from '../src/store/postgres-url.ts';
import { AGENT_ID, helloOf, sightingOf } from './rows.ts';
import { openSession } from './session.ts';
import { postgresUrlOf } from './test-store.ts';

let data: string;
let postgres: Postgres;
let aggregator: SpawnedAggregator;

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'connscan-postgres-test-'));
  postgres = await startPostgres({ fsync: false });
  aggregator = await spawnAggregator(data, '--insecure', '--store', postgres.url);
});

after(async () => {
  await aggregator.end();
  await postgres[Symbol.asyncDispose]();
  await rm(data, { recursive: true });
});

function openHere() {
  const session = openSession(aggregator.grpc);
  session.send({ hello: helloOf(AGENT_ID) });
  return session;
}

const batch = (seq: number) => ({ batch: { seq, kind: 'SIGHTINGS', payload: encodeSightings([sightingOf()]) } });
const healthz = async () => (await fetch(`${aggregator.origin}/healthz`)).status;

test('a second aggregator on the same database is refused', async () => {
  await assert.rejects(
    openPostgresStore(postgresUrlOf(postgres.url), () => {}),
    { code: 'STORE_UNUSABLE', message: /another aggregator works in it/ },
  );
});

test('without its server nothing is acknowledged, health says so, and all goes on when it is back', async () => {
  const former = openHere();
  former.send(batch(1));
  assert.deepEqual(await former.next(), { ack: { through: 1 } });
  await postgres.stop();
  former.send(batch(2));
  const { code } = await former.ended((answer) => assert.ok('retryAfter' in answer));
  assert.equal(code, status.UNAVAILABLE);
  former.close();
  assert.equal(await healthz(), 503);
  await postgres.start();
  assert.equal(await healthz(), 200);
  const session = openHere();
  for (const seq of [1, 2]) {
    session.send(batch(seq));
    assert.deepEqual(await session.next(), { ack: { through: seq } });
  }
  session.close();
  const { agents } = await aggregator.query('{ agents { batches gaps } }');
  assert.deepEqual(agents, [{ batches: 2, gaps: 0 }]);
});

test('a database of another encoding is refused, and a URL that is none, without its password', async () => {
  const client = new Client(postgres.url);
  await client.connect();
  await client.query('create database latin encoding latin1 template template0');
  await client.end();
  const latin = postgresUrlOf(postgres.url.replace(/postgres$/, 'latin'));
  await assert.rejects(
    openPostgresStore(latin, () => {}),
    { code: 'STORE_UNUSABLE', message: /encoding is LATIN1: UTF8 is needed/ },
  );
  assert.deepEqual(parsePostgresUrl('mysql://u:secret@h/d'), {
    problem: '--store: must be postgres://USER@HOST:PORT/DATABASE',
  });
  const read = postgresUrlOf('postgres://u:secret@h/d?sslmode=require');
  assert.equal(read.shown, 'postgres://u@h/d?sslmode=require');
  assert.deepEqual({ ...(read.config.ssl as object) }, { rejectUnauthorized: false });
});
