import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { AGENT_ID } from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import type { Store } from './open-store.ts';
import { DAY_MS, openDay } from './sighting-days.ts';
import { vacuum } from './vacuum.ts';

const DAY = Date.parse('2026-11-24T00:00:00Z') / DAY_MS;
const NOON = new Date((DAY + 0.5) * DAY_MS);

let store: Store;

before(async () => {
  store = await openTestStore();
});

after(() => store.close());

async function numberOf(expression: string): Promise<number> {
  const { rows } = await sql<{ number: number }>`select ${sql.raw(expression)} as number`.execute(store.db);
  return Number(rows[0]!.number);
}

const sizeOfHours = () => numberOf(`pg_relation_size('sighting_hours')`);

/** Blocks of the day that the index of times does not describe; they are described then. */
const newBlocks = () => numberOf(`brin_summarize_new_values('sightings_20261124_last_seen_port_idx')`);

test('a vacuum frees the room of deleted rows, describes new blocks of a day, and does nothing when it is to stop', async () => {
  await store.db.transaction().execute((transaction) => openDay(transaction, DAY));
  await sql`insert into sightings
    select '10.0.0.1', '10.0.1.1', 22, 1, ${AGENT_ID}, ${NOON}, ${NOON}, 1, null from generate_series(1, 4000)`.execute(
    store.db,
  );
  await sql`insert into sighting_hours
    select ${NOON}::timestamptz + n * interval '1 hour', 22, 1, 1, 1 from generate_series(1, 4000) as n`.execute(
    store.db,
  );
  await sql`delete from sighting_hours`.execute(store.db);

  await vacuum(store.db, AbortSignal.abort());
  assert.ok((await sizeOfHours()) > 0);

  await vacuum(store.db, new AbortController().signal);
  assert.equal(await sizeOfHours(), 0);
  // The last one is not full.
  assert.ok((await newBlocks()) <= 1);
});

test('blocks that came since are those that it has not described', async () => {
  await sql`insert into sightings
    select '10.0.0.1', '10.0.1.1', 22, 1, ${AGENT_ID}, ${NOON}, ${NOON}, 1, null from generate_series(1, 4000)`.execute(
    store.db,
  );
  assert.ok((await newBlocks()) > 1);
});
