import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatAddress, LATEST_WALL_MS } from '@connscan/model';
import fc from 'fast-check';
import { sql } from 'kysely';
import { openTestStore } from '../../test/test-store.ts';
import { arrayOf, bigints, inets, integers, jsonbs, smallints, timestamps, uuids } from './binary-column.ts';
import type { Store } from './open-store.ts';

let store: Store;

before(async () => {
  store = await openTestStore();
});

after(() => store.close());

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
const addressArbitrary = fc.oneof(bytes.map(formatAddress), fc.ipV4());

const rowArbitrary = fc.record({
  address: addressArbitrary,
  port: fc.integer({ min: 1, max: 65_535 }),
  outcome: fc.integer({ min: 1, max: 5 }),
  id: fc.uuid(),
  atMs: fc.oneof(fc.integer({ min: 0, max: LATEST_WALL_MS }), fc.double({ min: 0, max: LATEST_WALL_MS, noNaN: true })),
  count: fc.maxSafeNat(),
  // A zero byte and half of a pair have no place in a store.
  listener: fc.option(
    fc.record(
      { comm: fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '\x01', 'ü', '漢', '🙂') }) },
      { noNullPrototype: true },
    ),
    { nil: undefined },
  ),
});

const EMPTY = '00000000-0000-0000-0000-000000000000';

test('every value comes back from the store as it was', async () => {
  const property = fc.asyncProperty(fc.array(rowArbitrary, { maxLength: 50 }), async (rows) => {
    const { rows: found } = await sql<object>`
      select host(address) as address, masklen(address) as bits, port, outcome, id, at, count, listener from unnest(
        ${arrayOf(inets(rows.map(({ address }) => address)))}::inet[],
        ${arrayOf(integers(rows.map(({ port }) => port)))}::integer[],
        ${arrayOf(smallints(rows.map(({ outcome }) => outcome)))}::smallint[],
        ${arrayOf(uuids(0, EMPTY), ...rows.map(({ id }) => uuids(1, id)))}::uuid[],
        ${arrayOf(timestamps(rows.map(({ atMs }) => atMs)))}::timestamptz[],
        ${arrayOf(bigints(rows.map(({ count }) => count)))}::bigint[],
        ${arrayOf(jsonbs(rows.map(({ listener }) => listener)))}::jsonb[]
      ) as told (address, port, outcome, id, at, count, listener)`.execute(store.db);
    const expected = rows.map(({ atMs, listener = null, address, ...row }) => ({
      ...{ ...row, address, listener, at: new Date(Math.round(atMs)), bits: address.includes(':') ? 128 : 32 },
    }));
    assert.deepEqual(found, expected);
  });
  await fc.assert(property, { numRuns: 200, examples: [[[]]] });
});

test('what JSON can say and the store cannot is an error of the rows', async () => {
  const told = sql`select * from unnest(${arrayOf(jsonbs([{ comm: 'a\0b' }]))}::jsonb[])`.execute(store.db);
  await assert.rejects(told, { code: '22P05' });
});
