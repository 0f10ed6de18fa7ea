import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Pool, PoolClient } from 'pg';
import { createEmbeddedPool } from './embedded-pool.ts';
import type { EmbeddedStream } from './embedded-stream.ts';

let parent: string;
let pool: Pool;
const deaths: string[] = [];

before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'connscan-pool-'));
  pool = createEmbeddedPool(join(parent, 'store'), ({ message }) => deaths.push(message));
  await pool.query('create table kept (n integer)');
});

after(async () => {
  await pool.end();
  await rm(parent, { recursive: true });
});

/** The thread's end of a connection; `pg` keeps it to itself. */
function streamOf(client: PoolClient): EmbeddedStream {
  return (client as unknown as { connection: { stream: EmbeddedStream } }).connection.stream;
}

test('values arrive as they do from a server', async () => {
  const { rows } = await pool.query(
    `select $1::bigint as count, $2::inet as address, $3::text[] as texts, $4::jsonb as json, to_timestamp(1.5) as time`,
    [2 ** 40, '::ffff:a:1', ['a', 'b"c,{}', '\\'], { a: [1] }],
  );
  assert.deepEqual(rows[0], {
    count: 2 ** 40,
    address: '::ffff:0.10.0.1',
    texts: ['a', 'b"c,{}', '\\'],
    json: { a: [1] },
    time: new Date(1500),
  });
});

test('a pool has ended when its thread has, and its files are left alone', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'connscan-pool-'));
  const ending = createEmbeddedPool(join(directory, 'store'), () => {});
  const client = await ending.connect();
  let hasExited = false;
  void streamOf(client).exited.then(() => {
    hasExited = true;
  });
  client.release();
  await ending.end();
  assert.ok(hasExited);
  await rm(directory, { recursive: true });
});

test('a statement that fails leaves the connection usable', async () => {
  const client = await pool.connect();
  await assert.rejects(client.query('select nothing'), { code: '42703' });
  await assert.rejects(client.query('select $1::integer', ['x']), { code: '22P02' });
  assert.deepEqual((await client.query('select 1 as n')).rows, [{ n: 1 }]);
  client.release();
});

test('queries of many callers go one after another, transactions undivided', async () => {
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const client = await pool.connect();
      await client.query('begin');
      const { rows } = await client.query('select count(*) as n from kept');
      await client.query('insert into kept values ($1)', [rows[0].n]);
      await client.query('commit');
      client.release();
    }),
  );
  const { rows } = await pool.query('select count(distinct n) as n from kept');
  assert.deepEqual(rows, [{ n: 20 }]);
});

test('a result of a megabyte arrives whole', async () => {
  const { rows } = await pool.query(`select repeat('x', 1000) as text from generate_series(1, 1000)`);
  assert.equal(rows.length, 1000);
  assert.ok(rows.every(({ text }) => text.length === 1000));
});

test('a connection given up in a transaction leaves nothing of it, and the next query gets another thread', async () => {
  const client = await pool.connect();
  await client.query('begin');
  await client.query('drop table kept');
  client.release(true);
  assert.deepEqual((await pool.query('select count(*) as n from kept')).rows, [{ n: 20 }]);
});

test('a thread that dies fails its query, and the next query gets another thread', async () => {
  const client = await pool.connect();
  const query = client.query('select pg_sleep(10)');
  streamOf(client).destroy(new Error('the thread died'));
  await assert.rejects(query, /the thread died/);
  client.release(true);
  assert.deepEqual((await pool.query('select count(*) as n from kept')).rows, [{ n: 20 }]);
});

test('a thread that dies while nobody asks is told, and the next query gets another thread', async () => {
  const client = await pool.connect();
  const stream = streamOf(client);
  client.release();
  stream.destroy(new Error('the idle thread died'));
  await stream.exited;
  assert.deepEqual((await pool.query('select 1 as n')).rows, [{ n: 1 }]);
  assert.ok(deaths.includes('the idle thread died'));
});
