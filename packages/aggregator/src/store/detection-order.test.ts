import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Detection, SEVERITIES } from '@connscan/model';
import { sql } from 'kysely';
import { commitBatch } from '../../test/commit-batch.ts';
import { AGENT_ID, detectionOf, EPOCH, helloOf, idOf, START_MS } from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import { DETECTION_ORDERS, type DetectionOrder, type DetectionPosition, positionOf } from './detection-order.ts';
import { findDetections, selectDetections } from './find-detections.ts';
import type { Store } from './open-store.ts';
import { saveHello } from './save-agent.ts';
import type { DetectionRow } from './schema.ts';

let store: Store;
let seq = 1;

before(async () => {
  store = await openTestStore();
});
after(() => store.close());

beforeEach(async () => {
  seq = 1;
  await sql`truncate agents, epochs, batches, detections, sightings, sighting_hours cascade`.execute(store.db);
  await saveHello(store.db, helloOf(AGENT_ID));
});

/** Its number decides everything, with ties in each order. */
function numbered(number: number, change: Partial<Detection> = {}): Detection {
  const startedMs = START_MS + (number % 5) * 1000;
  return detectionOf({
    ...{ id: idOf(number), source: `10.0.${number >> 8}.${number & 255}`, startedMs, firstSeenMs: START_MS },
    ...{ lastSeenMs: START_MS + 10_000 + (number % 3) * 1000, severity: SEVERITIES[number % 3]! },
    ...change,
  });
}

function commit(...detections: readonly Detection[]) {
  return commitBatch(store.db, { agentId: AGENT_ID, epoch: EPOCH, seq: seq++ }, { detections });
}

const severityOf = ({ severity }: DetectionRow) => SEVERITIES.indexOf(severity);
const byId = (one: DetectionRow, other: DetectionRow) => (one.id < other.id ? -1 : 1);
const byStart = (one: DetectionRow, other: DetectionRow) =>
  other.started.getTime() - one.started.getTime() || byId(one, other);

/** The orders as they are meant. */
const MEANT: Record<DetectionOrder, (one: DetectionRow, other: DetectionRow) => number> = {
  newest: byStart,
  oldest: (one, other) => -byStart(one, other),
  last_seen: (one, other) => other.last_seen.getTime() - one.last_seen.getTime() || byId(one, other),
  severity: (one, other) => severityOf(other) - severityOf(one) || byStart(one, other),
};

const INDEXES = { newest: 'started', oldest: 'started', last_seen: 'last_seen', severity: 'severity' };

/** All pages, forward or backward; `between` is done after each. */
async function allPages(order: DetectionOrder, { backward = false, between = async () => {} } = {}) {
  const found: DetectionRow[] = [];
  let place: DetectionPosition | undefined;
  for (;;) {
    const page = { limit: 4, reversed: backward, ...(backward ? { before: place } : { after: place }) };
    const rows = await findDetections(store.db, {}, page, order);
    if (rows.length === 0) return found;
    found.push(...rows);
    place = positionOf(order, rows.at(-1)!);
    await between();
  }
}

const idsOf = (rows: readonly DetectionRow[]) => rows.map(({ id }) => id);

for (const order of DETECTION_ORDERS) {
  test(`${order}: pages forward and backward together are the whole list in its order`, async () => {
    await commit(...Array.from({ length: 31 }, (_, n) => numbered(n + 1)));
    const forward = await allPages(order);
    assert.equal(forward.length, 31);
    assert.deepEqual(idsOf(forward), idsOf(forward.toSorted(MEANT[order])));
    assert.deepEqual(idsOf(await allPages(order, { backward: true })), idsOf(forward).reverse());
  });

  test(`${order}: detections that arrive between pages shift, repeat and displace none of those before`, async () => {
    await commit(...Array.from({ length: 20 }, (_, n) => numbered(n + 1)));
    const before = idsOf(await allPages(order));
    let next = 100;
    const seen = idsOf(
      await allPages(order, {
        // Some come before the place that was reached, and some behind it.
        between: async () => void (next < 130 && (await commit(numbered(next++), numbered(next++), numbered(next++)))),
      }),
    );
    assert.equal(new Set(seen).size, seen.length);
    assert.deepEqual(
      seen.filter((id) => before.includes(id)),
      before,
    );
  });

  test(`${order}: a page of many is read from the index where it begins`, async () => {
    await fill(20_000);
    const [place] = await findDetections(
      store.db,
      {},
      { limit: 1, reversed: false, after: await middle(order) },
      order,
    );
    for (const page of [
      { limit: 50, reversed: false },
      { limit: 50, reversed: false, after: positionOf(order, place!) },
      { limit: 50, reversed: true, before: positionOf(order, place!) },
    ]) {
      const plan = JSON.stringify(await selectDetections(store.db, order, page).explain('json'));
      assert.ok(plan.includes(`"Index Name":"detections_${INDEXES[order]}"`), plan);
      assert.doesNotMatch(plan, /"Node Type":"Sort"|Seq Scan/, plan);
      if ('after' in page || 'before' in page) assert.match(plan, /"Index Cond"/, plan);
    }
  });
}

test('a detection that goes on between pages moves to the front of those seen last, and comes twice in no order', async () => {
  await commit(...Array.from({ length: 12 }, (_, n) => numbered(n + 1)));
  for (const order of DETECTION_ORDERS) {
    let revision = 2;
    const seen = idsOf(
      await allPages(order, {
        between: async () => {
          if (revision > 3) return;
          const lastSeenMs = START_MS + 60_000 + revision * 1000;
          await commit(numbered(5, { revision: revision++, alertType: 'ongoing', lastSeenMs }));
        },
      }),
    );
    assert.equal(new Set(seen).size, seen.length, order);
    await sql`truncate detections, detection_claims, detection_alerts cascade`.execute(store.db);
    await commit(...Array.from({ length: 12 }, (_, n) => numbered(n + 1)));
  }
});

/** Many rows, made by the store itself. */
async function fill(count: number): Promise<void> {
  await commit(numbered(1));
  const columns = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_name = 'detections' and column_name not in ('id', 'started', 'last_seen', 'severity')`.execute(
    store.db,
  );
  const others = columns.rows.map(({ name }) => name).join(', ');
  await sql`
    insert into detections (id, started, last_seen, severity, ${sql.raw(others)})
    select lpad(to_hex(n), 32, '0'), started + n * interval '1 second', last_seen + n * interval '1 second',
      (array['low', 'medium', 'high'])[n % 3 + 1], ${sql.raw(others)}
    from detections, generate_series(2, ${count}::integer) as n`.execute(store.db);
  await sql`analyze detections`.execute(store.db);
}

async function middle(order: DetectionOrder): Promise<DetectionPosition> {
  const rows = await store.db.selectFrom('detections').selectAll().where('id', '=', idOf(10_000)).execute();
  return positionOf(order, rows[0]!);
}
