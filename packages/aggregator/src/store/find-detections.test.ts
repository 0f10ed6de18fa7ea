import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Sighting } from '@connscan/model';
import { sql } from 'kysely';
import { commitBatch } from '../../test/commit-batch.ts';
import { AGENT_ID, detectionOf, EPOCH, helloOf, idOf, START_MS, sightingOf } from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import {
  DETECTION_ORDERS,
  type DetectionOrder,
  type DetectionPosition,
  pageIn,
  positionOf,
} from './detection-order.ts';
import { detectionSlices } from './detection-slices.ts';
import { type DetectionFilter, findDetections, selectDetections } from './find-detections.ts';
import type { Store } from './open-store.ts';
import type { Page } from './page.ts';
import { saveHello } from './save-agent.ts';
import type { DetectionRow } from './schema.ts';
import { DAY_MS, openSightingDays } from './sighting-days.ts';

const COUNT = 2500;
const SOURCES = 90;
const HOUR_MS = 3_600_000;

/** Touched by few and far between, by the last ones alone, by every tenth, and by none. */
const RARE = '10.9.0.1';
const LAST = '10.9.0.2';
const OFTEN = '10.9.0.3';
const NEVER = '10.9.0.4';

let store: Store;

/** Dense at first, so that there are slices of hours and of weeks; the first eleven started at one time. */
const startedMs = (n: number) => START_MS - Math.floor(n ** 4 * ((30 * DAY_MS) / COUNT ** 4));
const sourceOf = (n: number) => `10.3.0.${n % SOURCES}`;
/** Some are seen for days, some were for days when they started, all others for half an hour. */
const lastSeenMs = (n: number) => startedMs(n) + (n % 250 === 7 ? 5 * DAY_MS : HOUR_MS / 2);
const firstSeenMs = (n: number) => startedMs(n) - (n % 250 === 9 ? 3 * DAY_MS : 0);

before(async () => {
  store = await openTestStore();
  await saveHello(store.db, helloOf(AGENT_ID));
  await fillDetections();
  const sightings = allSightings();
  const days = await openSightingDays({ db: store.db, retentionDays: 60, wallMs: () => START_MS });
  await days.cover(sightings.map((sighting) => sighting.lastSeenMs));
  await commitBatch(store.db, { agentId: AGENT_ID, epoch: EPOCH, seq: 2 }, { sightings });
  await sql`analyze`.execute(store.db);
});
after(() => store.close());

/** By the numbers of their ids, from one that the store made. */
async function fillDetections(): Promise<void> {
  await commitBatch(
    store.db,
    { agentId: AGENT_ID, epoch: EPOCH, seq: 1 },
    { detections: [detectionOf({ id: idOf(0) })] },
  );
  const numbers = Array.from({ length: COUNT }, (_, n) => n + 1);
  const times = (timeOf: (n: number) => number) => numbers.map((n) => new Date(timeOf(n)).toISOString());
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns where table_name = 'detections' and column_name not in
      ('id', 'source', 'started', 'first_seen', 'last_seen', 'severity', 'details')`.execute(store.db);
  const others = sql.join(rows.map(({ name }) => sql.ref(name)));
  const sample = (destination: string, port: number) =>
    JSON.stringify({ samples: [{ destination, port }], topPorts: [] });
  const details = numbers.map((n) => {
    if (n % 400 === 1) return sample(RARE, 22);
    if (n % 10 === 5) return sample(OFTEN, 443);
    if (n % 500 === 2) return JSON.stringify({ samples: [], topPorts: [{ port: 7777, hosts: 1 }] });
    return sample('10.9.9.9', 80);
  });
  await sql`
    insert into detections (id, source, started, first_seen, last_seen, severity, details, ${others})
    select lpad(to_hex(number), 32, '0'), row_source, row_started, row_first, row_last,
      (array['low', 'medium', 'high'])[number % 3 + 1], row_details, ${others}
    from detections, unnest(
      ${numbers}::integer[], ${numbers.map(sourceOf)}::inet[], ${times(startedMs)}::timestamptz[],
      ${times(firstSeenMs)}::timestamptz[], ${times(lastSeenMs)}::timestamptz[], ${details}::jsonb[]
    ) as row (number, row_source, row_started, row_first, row_last, row_details)`.execute(store.db);
}

/** At all edges of what is during a detection, on both sides of each. */
function allSightings(): Sighting[] {
  const seen = (n: number, destination: string, atMs: number, change: Partial<Sighting> = {}) =>
    sightingOf({ source: sourceOf(n), destination, port: 22, firstSeenMs: atMs, lastSeenMs: atMs, ...change });
  const rare = [3, 207, 509, 757, 759, 1300, 1509, 2007, 2209, 2499].flatMap((n) => [
    seen(n, RARE, firstSeenMs(n)),
    seen(n + 1, RARE, lastSeenMs(n + 1) + HOUR_MS, { firstSeenMs: lastSeenMs(n + 1), port: 9999 }),
    seen(n + 2, RARE, lastSeenMs(n + 2) + HOUR_MS / 2),
    seen(n + 3, RARE, firstSeenMs(n + 3) - 1),
    seen(n + 4, RARE, lastSeenMs(n + 4) + HOUR_MS + 1, { firstSeenMs: startedMs(n + 4) }),
    seen(n + 5, RARE, lastSeenMs(n + 5) - 1, { port: 8888 }),
  ]);
  const last = [2480, 2490, 2500].map((n) => seen(n, LAST, startedMs(n), { port: 4444 }));
  const often = Array.from({ length: COUNT / 5 }, (_, n) => seen(n * 5, OFTEN, startedMs(n * 5), { port: 443 }));
  return [...rare, ...last, ...often];
}

/** Numbers of the detections that a filter is meant to find, in an order as it is meant. */
async function meant(filter: DetectionFilter, order: DetectionOrder): Promise<string[]> {
  const { target = null, port = null } = filter;
  const { rows } = await sql<{ id: string }>`
    select id from detections
    where (exists (
        select from jsonb_array_elements(details -> 'samples') as sample
        where coalesce(sample ->> 'destination' = ${target}, true) and coalesce((sample -> 'port')::integer = ${port}::integer, true)
      ) or ${target}::text is null and exists (
        select from jsonb_array_elements(details -> 'topPorts') as top where (top -> 'port')::integer = ${port}::integer
      ) or exists (
        select from sightings
        where sightings.source = detections.source and coalesce(destination = ${target}::inet, true) and coalesce(port = ${port}::integer, true)
          and sightings.last_seen between detections.first_seen and detections.last_seen + interval '1 hour'
          and sightings.first_seen <= detections.last_seen))
      and coalesce(source = ${filter.source ?? null}::inet, true)
      and coalesce(severity = any(${filter.severity ?? null}::text[]), true)
      and coalesce(started >= ${filter.since ?? null}::timestamptz, true)
      and coalesce(started < ${filter.until ?? null}::timestamptz, true)
    order by ${MEANT[order]}`.execute(store.db);
  return rows.map(({ id }) => id);
}

const MEANT = {
  newest: sql`started desc, id`,
  oldest: sql`started, id desc`,
  last_seen: sql`last_seen desc, id`,
  severity: sql`array_position(array['high', 'medium', 'low'], severity), started desc, id`,
};

async function allPages(
  filter: DetectionFilter,
  order: DetectionOrder,
  { limit, reversed = false }: Pick<Page<never>, 'limit'> & { reversed?: boolean },
) {
  const found: DetectionRow[] = [];
  let place: DetectionPosition | undefined;
  for (;;) {
    const page = { limit, reversed, ...(reversed ? { before: place } : { after: place }) };
    const rows = await findDetections(store.db, filter, page, order);
    found.push(...rows);
    if (rows.length < limit) return found;
    place = positionOf(order, rows.at(-1)!);
  }
}

const idsOf = (rows: readonly DetectionRow[]) => rows.map(({ id }) => id);

const FILTERS: Record<string, DetectionFilter> = {
  'a target that few touched': { target: RARE },
  'a target that the last ones touched': { target: LAST },
  'a target that many touched': { target: OFTEN },
  'a target that none touched': { target: NEVER },
  'a port of a target': { target: RARE, port: 22 },
  'a port that no detection carries': { port: 8888 },
  'a port that only the last ones touched': { port: 4444 },
  'a port that is only among the top ones': { port: 7777 },
  'a port that many touched': { port: 443 },
  'a port that none touched': { port: 6 },
};

for (const order of DETECTION_ORDERS) {
  for (const [what, filter] of Object.entries(FILTERS)) {
    test(`${order}: pages of ${what} forward and backward skip, repeat and miss none`, async () => {
      const expected = await meant(filter, order);
      assert.equal(expected.length > 0, filter.target !== NEVER && filter.port !== 6);
      const limit = Math.ceil((expected.length + 1) / 4);
      assert.deepEqual(idsOf(await allPages(filter, order, { limit })), expected);
      assert.deepEqual(idsOf(await allPages(filter, order, { limit, reversed: true })), expected.toReversed());
    });
  }

  test(`${order}: what was touched goes with every other filter`, async () => {
    const since = new Date(startedMs(2000));
    const until = new Date(startedMs(700));
    for (const filter of [
      { target: RARE, source: sourceOf(3) },
      { target: OFTEN, severity: ['low', 'high'] as const },
      { port: 443, severity: ['medium'] as const, until },
      { target: RARE, since },
      { port: 22, since, until },
      { target: OFTEN, since, until },
    ]) {
      const expected = await meant(filter, order);
      assert.ok(expected.length > 0);
      const limit = Math.ceil((expected.length + 1) / 4);
      assert.deepEqual(idsOf(await allPages(filter, order, { limit })), expected);
      assert.deepEqual(idsOf(await allPages(filter, order, { limit, reversed: true })), expected.toReversed());
    }
  });

  test(`${order}: a page between two places has what is between them`, async () => {
    const all = await allPages({ target: OFTEN }, order, { limit: 200 });
    const [after, before] = [all[30]!, all.at(-20)!].map((row) => positionOf(order, row));
    const between = idsOf(all.slice(31, -20));
    for (const reversed of [false, true]) {
      const found = idsOf(
        await findDetections(store.db, { target: OFTEN }, { limit: 1000, reversed, after, before }, order),
      );
      assert.deepEqual(reversed ? found.toReversed() : found, between);
    }
  });
}

for (const order of ['newest', 'oldest', 'last_seen'] as const) {
  for (const reversed of [false, true]) {
    test(`${order}${reversed ? ' from its end' : ''}: slices together are the list, and hold the sightings of theirs`, async () => {
      const { orderBy } = pageIn(order, { limit: 1, reversed });
      const sliced: string[] = [];
      let slices = 0;
      const list = { listed: sql<boolean>`true`, order, reversed, filter: {} };
      const all = detectionSlices(store.db, list);
      for (let next = await all.next(); !next.done; next = await all.next(1.7)) {
        const { listed, since, until } = next.value;
        const rows = await selectDetections(store.db, order, { limit: COUNT, reversed }).where(listed).execute();
        sliced.push(...idsOf(rows));
        slices++;
        for (const row of rows) {
          assert.ok(row.first_seen >= since && row.last_seen.getTime() + HOUR_MS <= until.getTime(), row.id);
        }
      }
      const { rows } = await sql<{ id: string }>`select id from detections order by ${sql.join(orderBy)}`.execute(
        store.db,
      );
      assert.deepEqual(
        sliced,
        rows.map(({ id }) => id),
      );
      assert.ok(slices > 1, `${slices}`);
    });
  }
}
