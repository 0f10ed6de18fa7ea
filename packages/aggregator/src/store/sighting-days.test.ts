import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { AGENT_ID, sightingOf } from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import { deleteOldRows } from './delete-old-rows.ts';
import type { Store } from './open-store.ts';
import { saveSightings } from './save-sightings.ts';
import { createSightingBatch } from './sighting-batch.ts';
import { DAY_MS, openSightingDays } from './sighting-days.ts';

/** Noon of a day. */
const NOON_MS = Date.parse('2026-11-24T12:00:00Z');

let store: Store;
let nowMs = NOON_MS;
const options = () => ({ db: store.db, retentionDays: 3, wallMs: () => nowMs });

before(async () => {
  store = await openTestStore();
});

after(() => store.close());

async function tell(...times: number[]): Promise<void> {
  const sightings = times.map((at) => sightingOf({ firstSeenMs: at, lastSeenMs: at }));
  await store.db
    .transaction()
    .execute((transaction) => saveSightings(transaction, [createSightingBatch(AGENT_ID, sightings)]));
}

/** How many sightings each partition has. */
async function countRows(): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string; rows: number }>`
    select relname as name, (select count(*) from sightings where tableoid = pg_class.oid) as rows
    from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'sightings'::regclass order by relname`.execute(
    store.db,
  );
  return Object.fromEntries(rows.map(({ name, rows: count }) => [name.replace('sightings_', ''), count]));
}

async function count(table: string): Promise<number> {
  const { rows } = await sql<{ rows: number }>`select count(*) as rows from ${sql.table(table)}`.execute(store.db);
  return rows[0]!.rows;
}

test('today and tomorrow have a partition from the start, and what was there before is moved to its own', async () => {
  await tell(NOON_MS, NOON_MS - DAY_MS, NOON_MS - DAY_MS / 2, NOON_MS - 10 * DAY_MS);
  const days = await openSightingDays(options());
  await days.sweep();
  assert.deepEqual(await countRows(), { other: 1, 20261123: 1, 20261124: 2, 20261125: 0 });
});

test('a time within retention gets its partition when it comes, any other goes to the default one', async () => {
  const days = await openSightingDays(options());
  const times = [
    NOON_MS - 2 * DAY_MS,
    NOON_MS - 2 * DAY_MS,
    NOON_MS + DAY_MS,
    NOON_MS + 2 * DAY_MS,
    NOON_MS - 4 * DAY_MS,
  ];
  await days.cover(times);
  await tell(...times);
  assert.deepEqual(await countRows(), { other: 3, 20261122: 2, 20261123: 1, 20261124: 2, 20261125: 1 });
});

test('days that are over are dropped whole, and old rows of other tables deleted', async () => {
  await sql`insert into agents values (${AGENT_ID}, ${AGENT_ID}, '1', 'h', 'k', now(), now())`.execute(store.db);
  for (const [seq, at] of [NOON_MS, NOON_MS - 2 * DAY_MS].entries()) {
    await sql`insert into batches values (${AGENT_ID}, ${AGENT_ID}, ${seq + 1}, 1, null, ${new Date(at)})`.execute(
      store.db,
    );
  }
  await tell(NOON_MS + 100 * DAY_MS);
  nowMs = NOON_MS + 2 * DAY_MS;
  await (await openSightingDays(options())).sweep();
  await deleteOldRows(store.db, { nowMs, retentionDays: 3 }, new AbortController().signal);
  assert.deepEqual(await countRows(), { other: 0, 20261123: 1, 20261124: 2, 20261125: 1, 20261126: 1, 20261127: 0 });
  assert.equal(await count('batches'), 1);
  const { rows } = await sql<{ day: string }>`
    select distinct to_char(hour at time zone 'UTC', 'DD') as day from sighting_hours order by day`.execute(store.db);
  assert.deepEqual(
    rows.map(({ day }) => day),
    ['23', '24', '25', '26'],
  );
});
