import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Postgres, startPostgres } from '@connscan/lab';
import { openDataDirectory } from '@connscan/program';
import { sql } from 'kysely';
import { commitBatch } from '../../test/commit-batch.ts';
import { AGENT_ID, detectionOf, EPOCH, helloOf, listenerOf, sightingOf } from '../../test/rows.ts';
import { postgresUrlOf } from '../../test/test-store.ts';
import { openPostgresStore } from '../store/open-postgres-store.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { PostgresUrl } from '../store/postgres-url.ts';
import { saveHello } from '../store/save-agent.ts';
import { startRetention } from '../store/start-retention.ts';
import { backUp } from './back-up.ts';
import { findTables } from './find-tables.ts';
import { moveStore, restore } from './restore.ts';

const KEY = 'not a real key\n';
const now = () => new Date();
const onSection = () => {};

let parent: string;
let data: string;
let file: string;
let postgres: Postgres;
let tables: Record<string, string[]>;

before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'connscan-archive-'));
  [data, file] = [join(parent, 'data'), join(parent, 'backup')];
  postgres = await startPostgres({ fsync: false });
  await mkdir(data);
  const store = await openStore(data, () => {});
  tables = await fill(store);
  await store.close();
  await mkdir(join(data, 'identity'), { mode: 0o700 });
  await writeFile(join(data, 'identity', 'authority.pem'), KEY, { mode: 0o600 });
  await backUp({ data, out: file, now, onSection });
});

after(async () => {
  await postgres[Symbol.asyncDispose]();
  await rm(parent, { recursive: true });
});

/** One of everything that is hard to carry: partitions, JSON, bytes, quotes, counters. */
async function fill(store: Store): Promise<Record<string, string[]>> {
  const retention = await startRetention({
    db: store.db,
    retentionDays: 9,
    wallMs: Date.now,
    log: { error: assert.fail },
    isEmbedded: true,
  });
  await retention.stop();
  await saveHello(store.db, { ...helloOf(AGENT_ID), hostname: 'a "quoted" \\ näme\n2' });
  const sightings = [
    sightingOf({ listener: listenerOf({ exe: '/usr/bin/"x"' }) }),
    sightingOf({ source: 'fd00::1', lastSeenMs: 1000 }),
    ...Array.from({ length: 1500 }, (_, n) => sightingOf({ port: n + 1 })),
  ];
  await commitBatch(store.db, { agentId: AGENT_ID, epoch: EPOCH, seq: 1 }, { sightings });
  await commitBatch(store.db, { agentId: AGENT_ID, epoch: EPOCH, seq: 2 }, { detections: [detectionOf()] });
  await sql`insert into enroll_tokens (id, secret_hash, labels, max_uses, created, expires)
    values (${AGENT_ID}, '\\x00ff', '{"a":"b"}', 1, now(), now())`.execute(store.db);
  await sql`insert into audit (at, actor, action, subject, detail) values (now(), 'a', 'b', 'c', '{}')`.execute(
    store.db,
  );
  return readTables(store);
}

/** Every row of every table, as text. */
async function readTables({ db }: Pick<Store, 'db'>): Promise<Record<string, string[]>> {
  const found = await findTables(db);
  const entries = found.map(async ({ from }) => {
    const { rows } = await sql<{ row: string }>`
      select row_to_json(${sql.table(from)})::text as row from ${sql.table(from)} order by row`.execute(db);
    return [from, rows.map(({ row }) => row)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** An empty database. */
async function createDatabase(name: string): Promise<PostgresUrl> {
  const store = await openPostgresStore(postgresUrlOf(postgres.url), () => {}, {
    prepare: async () => {},
    shared: true,
  });
  await sql`create database ${sql.ref(name)}`.execute(store.db);
  await store.close();
  return postgresUrlOf(postgres.url.replace(/postgres$/, name));
}

async function readStore(store: Store): Promise<Record<string, string[]>> {
  const found = await readTables(store);
  // What counts its rows goes on behind them.
  await sql`insert into audit (at, actor, action, subject, detail) values (now(), 'a', 'b', 'c', '{}')`.execute(
    store.db,
  );
  await store.close();
  return found;
}

test('a backup is readable by its owner alone, and never replaces a file', async () => {
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.ok(!(await readdir(parent)).includes('backup.partial'));
  await writeFile(join(parent, 'taken.partial'), '');
  await assert.rejects(backUp({ data, out: join(parent, 'taken'), now, onSection }), {
    code: 'BAD_USAGE',
    message: /EEXIST/,
  });
});

test('an embedded store is restored with its keys, in an empty data directory only', async () => {
  const target = join(parent, 'restored');
  await restore({ from: file, data: target, onSection });
  assert.equal(await readFile(join(target, 'identity', 'authority.pem'), 'utf8'), KEY);
  assert.equal((await stat(join(target, 'identity', 'authority.pem'))).mode & 0o777, 0o600);
  assert.deepEqual(await readStore(await openStore(target, () => {})), tables);
  await assert.rejects(restore({ from: file, data: target, onSection }), { code: 'DATA_DIRECTORY_UNUSABLE' });
  await rm(join(target, 'identity'), { recursive: true });
  await assert.rejects(restore({ from: file, data: target, onSection }), {
    code: 'STORE_UNUSABLE',
    message: /already/,
  });
});

test('an embedded store is moved to PostgreSQL, and from there by a backup while an aggregator works', async () => {
  const [first, second] = [await createDatabase('first'), await createDatabase('second')];
  const told: Record<string, number> = {};
  await moveStore({ data, to: first, now, onSection: (from, rows) => Object.assign(told, { [from]: rows }) });
  assert.equal(told.agents, 1);
  await assert.rejects(moveStore({ data, to: first, now, onSection }), {
    code: 'STORE_UNUSABLE',
    message: /must be empty, and has a table/,
  });
  const working = await openPostgresStore(first, () => {});
  const out = join(parent, 'from-postgres');
  await backUp({ data, store: first, out, now, onSection });
  assert.deepEqual(await readStore(working), tables);
  await restore({ from: out, data: join(parent, 'keys'), store: second, onSection });
  assert.deepEqual(await readStore(await openPostgresStore(second, () => {})), tables);
});

test('a damaged, cut or foreign file is refused, and leaves nothing', async () => {
  const bytes = await readFile(file);
  // Wherever it is, and whatever it makes of what is behind it.
  const changed = Array.from({ length: 12 }, (_, n) => {
    const copy = Buffer.from(bytes);
    copy[Math.floor((copy.length * (n + 1)) / 13)]! ^= 1;
    return [`changed ${n}`, copy] as const;
  });
  const cases = {
    ...Object.fromEntries(changed),
    cut: bytes.subarray(0, bytes.length - 200),
    empty: Buffer.alloc(0),
    text: Buffer.from('hello\n'),
  };
  const target = join(parent, 'damaged');
  const store = await createDatabase('damaged');
  for (const [name, content] of Object.entries(cases)) {
    const from = join(parent, name);
    await writeFile(from, content);
    await assert.rejects(restore({ from, data: target, store, onSection }), { code: 'BAD_ARCHIVE' }, name);
    assert.deepEqual(await readdir(target), []);
  }
  await restore({ from: file, data: target, store, onSection });
});

test('the store of a running aggregator is not backed up without saying what to do', async () => {
  const directory = await openDataDirectory(data);
  await assert.rejects(backUp({ data, out: join(parent, 'other'), now, onSection }), {
    code: 'DATA_DIRECTORY_IN_USE',
    message: /stop the aggregator first/,
  });
  await directory.close();
});
