import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type ConnscanError, type Detection, LATEST_WALL_MS } from '@connscan/model';
import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { commitBatch, type TestRows } from '../../test/commit-batch.ts';
import {
  AGENT_ID,
  detectionOf,
  EPOCH,
  health,
  helloOf,
  idOf,
  listenerOf,
  OTHER_AGENT_ID,
  processOf,
  START_MS,
  sightingOf,
  snapshotOf,
} from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import { findAgents } from './find-agents.ts';
import { type DetectionFilter, findAlerts, findDetections } from './find-detections.ts';
import { findListeners } from './find-listeners.ts';
import { findSources } from './find-sources.ts';
import { migrate } from './migrate.ts';
import { up as firstLight } from './migrations/0001-first-light.ts';
import type { Store } from './open-store.ts';
import { saveHealth, saveHello } from './save-agent.ts';

let store: Store;
let nextSeq = 1;

const page = { limit: 100, reversed: false };
const always = { since: new Date(0), until: new Date(LATEST_WALL_MS) };

before(async () => {
  store = await openTestStore();
});

after(() => store.close());

beforeEach(async () => {
  nextSeq = 1;
  await sql`truncate agents, epochs, batches, detections, sightings, sighting_hours cascade`.execute(store.db);
  await saveHello(store.db, helloOf(AGENT_ID));
  await saveHello(store.db, helloOf(OTHER_AGENT_ID));
});

function commit(rows: TestRows, agentId = AGENT_ID) {
  return commitBatch(store.db, { agentId, epoch: EPOCH, seq: nextSeq++ }, rows);
}

async function findHours() {
  const columns = ['port', 'outcome', 'sightings', 'connections'] as const;
  return store.db.selectFrom('sighting_hours').select(columns).orderBy('hour').orderBy('port').execute();
}

async function idsOf(filter: DetectionFilter): Promise<string[]> {
  return (await findDetections(store.db, filter, page)).map(({ id }) => id);
}

test('a batch delivered twice has one effect', async () => {
  const key = { agentId: AGENT_ID, epoch: EPOCH, seq: 1 };
  const rows = { sightings: [sightingOf({ connections: 3 })] };
  assert.deepEqual(await commitBatch(store.db, key, rows), { state: 'committed', alerts: [], ...rows });
  assert.deepEqual(await commitBatch(store.db, key, rows), { state: 'duplicate' });
  const [source] = await findSources(store.db, always, page);
  assert.deepEqual(source?.connections, { reset: 3 });
});

test('the sightings of a source are shown as the earliest first, the latest last and the sum of connections', async () => {
  const later = sightingOf({ firstSeenMs: START_MS + 1000, lastSeenMs: START_MS + 2000, connections: 2 });
  await commit({ sightings: [later, sightingOf(), sightingOf({ outcome: 'refused', port: 23 })] });
  await commit({ sightings: [sightingOf({ lastSeenMs: START_MS + 1 })] });
  const [source] = await findSources(store.db, always, page);
  assert.deepEqual(source, {
    source: '10.0.0.1',
    first_seen: new Date(START_MS),
    last_seen: new Date(START_MS + 2000),
    services: 2,
    hosts: 1,
    connections: { reset: 4, refused: 1 },
    open_detections: 0,
  });
  assert.deepEqual(await findHours(), [
    { port: 22, outcome: 1, sightings: 3, connections: 4 },
    { port: 23, outcome: 4, sightings: 1, connections: 1 },
  ]);
});

test('a connection that sensors at both ends tell of counts once', async () => {
  await commit({ sightings: [sightingOf({ connections: 2 })] });
  await commit({ sightings: [sightingOf({ connections: 3 })] }, OTHER_AGENT_ID);
  const [source] = await findSources(store.db, always, page);
  assert.deepEqual(source?.connections, { reset: 3 });
  assert.equal(source?.services, 1);
});

test('alerts in any order leave the highest revision and the whole timeline', async () => {
  const alerts = [1, 2, 3].map((revision) => detectionOf({ revision, distinctServices: revision * 10 }));
  for (const order of [
    [2, 0, 1],
    [0, 1, 2],
    [2, 1, 0],
  ]) {
    await sql`truncate detections cascade`.execute(store.db);
    for (const at of order) await commit({ detections: [alerts[at]!] });
    const [detection] = await findDetections(store.db, {}, page);
    assert.equal(detection?.distinct_services, 30);
    const timeline = await findAlerts(store.db, [idOf(1)]);
    assert.deepEqual(
      timeline.map(({ revision }) => revision),
      [1, 2, 3],
    );
  }
});

test('an end keeps the evidence of the fullest alert, in any order and in one batch', async () => {
  const start = detectionOf({ distinctServices: 10 });
  const fullest = detectionOf({ revision: 2, alertType: 'ongoing', severity: 'medium', distinctServices: 30 });
  const endedMs = START_MS + 900_000;
  const empty = { distinctServices: 0, distinctHosts: 0, distinctPorts: 0, topPorts: [], samples: [] };
  const end = detectionOf({ revision: 3, alertType: 'end', severity: 'medium', endReason: 'quiet', endedMs, ...empty });
  for (const batches of [
    [[start], [fullest], [end]],
    [[end], [fullest], [start]],
    [[start, fullest, end]],
    [[end, start, fullest]],
  ]) {
    await sql`truncate detections cascade`.execute(store.db);
    for (const detections of batches) await commit({ detections });
    const [detection] = await findDetections(store.db, {}, page);
    assert.deepEqual(
      [detection?.revision, detection?.alert_type, detection?.severity, detection?.ended?.getTime()],
      [3, 'end', 'medium', endedMs],
    );
    assert.equal(detection?.distinct_services, 30);
    assert.deepEqual(detection?.details.topPorts, fullest.topPorts);
    assert.equal(detection?.details.samples.length, 1);
  }
});

test('who did it is told by the first alert with a snapshot, in any order, and later alerts displace nothing', async () => {
  const [start, named, pictured, other, end] = [
    detectionOf(),
    detectionOf({ revision: 2, process: processOf({ pid: 2 }) }),
    detectionOf({ revision: 3, process: processOf({ pid: 3 }), snapshot: snapshotOf({ cwd: '/3' }) }),
    detectionOf({ revision: 4, process: processOf({ pid: 4 }), snapshot: snapshotOf({ cwd: '/4' }) }),
    detectionOf({ revision: 5, alertType: 'end', distinctServices: 0, process: processOf({ pid: 5 }) }),
  ] as const;
  for (const order of [
    [start, named, pictured, other, end],
    [end, other, pictured, named, start],
    [other, end, named, start, pictured],
  ]) {
    await sql`truncate detections cascade`.execute(store.db);
    for (const alert of order) await commit({ detections: [alert] });
    const [detection] = await findDetections(store.db, {}, page);
    assert.deepEqual([detection?.process, detection?.snapshot], [pictured.process, pictured.snapshot]);
    assert.equal(detection?.revision, 5);
  }
});

test('without a snapshot it is the first process that was named', async () => {
  for (const order of [
    [1, 2, 3],
    [3, 2, 1],
  ]) {
    await sql`truncate detections cascade`.execute(store.db);
    for (const revision of order) {
      const named = revision > 1 && { process: processOf({ pid: revision }) };
      await commit({ detections: [detectionOf({ revision, ...named })] });
    }
    const [detection] = await findDetections(store.db, {}, page);
    assert.deepEqual([detection?.process?.pid, detection?.snapshot], [2, null]);
  }
});

test('the listener of a service is the latest that was known', async () => {
  const [early, late] = [listenerOf({ pid: 1 }), listenerOf({ pid: 2 })];
  const sightings = [
    sightingOf({ lastSeenMs: START_MS + 20, listener: late }),
    sightingOf({ lastSeenMs: START_MS + 10, listener: early }),
    sightingOf({ lastSeenMs: START_MS + 30 }),
  ];
  const services = [sightingOf({ port: 23 }), sightingOf()];
  for (const batches of [[sightings], sightings.map((one) => [one]), sightings.toReversed().map((one) => [one])]) {
    await sql`truncate sightings`.execute(store.db);
    for (const batch of batches) await commit({ sightings: batch });
    assert.deepEqual(await findListeners(store.db, services), [null, late]);
  }
});

test('several revisions in one batch are told once each', async () => {
  const alerts = [detectionOf(), detectionOf({ revision: 2 }), detectionOf()];
  const first = await commit({ detections: alerts });
  assert.ok(first.state === 'committed');
  assert.deepEqual(
    first.alerts.map(({ revision }) => revision),
    [1, 2],
  );
  assert.deepEqual(await commit({ detections: alerts }), { state: 'committed', alerts: [], sightings: [] });
});

test('a detection keeps its times to the millisecond', async () => {
  await commit({ detections: [detectionOf({ startedMs: START_MS + 250.4, endedMs: START_MS + 999 })] });
  const [detection] = await findDetections(store.db, {}, page);
  assert.deepEqual(detection?.started, new Date(START_MS + 250));
  assert.deepEqual(detection?.ended, new Date(START_MS + 999));
});

test('an agent that claims the detection of another one is rejected and changes nothing', async () => {
  await commit({ detections: [detectionOf()] });
  const claim = { detections: [detectionOf({ id: idOf(2) }), detectionOf({ revision: 9, severity: 'high' })] };
  assert.deepEqual(await commit(claim, OTHER_AGENT_ID), {
    state: 'rejected',
    reason: `id: ${idOf(1)} is a detection of another agent`,
  });
  assert.deepEqual(await idsOf({}), [idOf(1)]);
  assert.deepEqual(await idsOf({ severity: ['high'] }), []);
});

test('rows that pass their schema and fit no column are rejected, not retried for ever', async () => {
  for (const bad of [
    { policyHash: 'a\0b' },
    { threshold: 2 ** 40 },
    { techniques: ['\ud800'] },
    { techniques: ['\0'] },
  ]) {
    const { state } = await commit({ detections: [detectionOf(bad)] });
    assert.equal(state, 'rejected');
  }
  assert.deepEqual(await idsOf({}), []);
});

test('a reason is stored and told whatever it quotes', async () => {
  const outcome = await commitBatch(
    store.db,
    { agentId: AGENT_ID, epoch: EPOCH, seq: 1 },
    { problem: `\0${'x'.repeat(1e6)}` },
  );
  assert.deepEqual(outcome, { state: 'rejected', reason: 'x'.repeat(500) });
});

test('an agent shows its missing and rejected batches, health, and nothing of an older epoch', async () => {
  await commit({ sightings: [] });
  nextSeq = 5;
  await commit({ sightings: [sightingOf()] });
  await commitBatch(store.db, { agentId: AGENT_ID, epoch: EPOCH, seq: 6 }, { problem: 'bad' });
  await saveHealth(store.db, AGENT_ID, health);
  const [agent] = await findAgents(store.db, [AGENT_ID]);
  assert.deepEqual([agent?.batches, agent?.rejected, agent?.gaps], [3, 1, 3]);
  assert.deepEqual(agent?.health, health);
  await saveHello(store.db, { ...helloOf(AGENT_ID), epoch: OTHER_AGENT_ID });
  const [renewed] = await findAgents(store.db, [AGENT_ID]);
  assert.deepEqual([renewed?.batches, renewed?.rejected, renewed?.gaps], [0, 0, 0]);
  assert.equal((await findAgents(store.db)).length, 2);
});

test('each filter takes the detections that match and no other', async () => {
  const matching: Partial<Detection> = {
    id: idOf(2),
    severity: 'high',
    confidence: 'confirmed',
    source: 'fd00::1',
    model: 'connscan_external_internal',
    startedMs: START_MS + 5000,
    endedMs: START_MS + 6000,
    samples: [{ ...sightingOf({ destination: 'fd00::9', port: 443 }) }].map(({ source, ...sample }) => sample),
    topPorts: [{ port: 8080, hosts: 1 }],
  };
  await commit({ detections: [detectionOf()] });
  await commit({ detections: [detectionOf(matching)] }, OTHER_AGENT_ID);
  const filters: DetectionFilter[] = [
    { severity: ['medium', 'high'] },
    { confidence: 'confirmed' },
    { source: 'fd00::1' },
    { model: 'connscan_external_internal' },
    { agentId: OTHER_AGENT_ID },
    { since: new Date(START_MS + 5000) },
    { open: false },
    { target: 'fd00::9' },
    { target: 'fd00::9', port: 443 },
    { port: 443 },
    { port: 8080 },
  ];
  for (const filter of filters) assert.deepEqual(await idsOf(filter), [idOf(2)], JSON.stringify(filter));
  assert.deepEqual(await idsOf({ open: true, until: new Date(START_MS + 5000) }), [idOf(1)]);
  assert.deepEqual(await idsOf({ target: 'fd00::9', port: 22 }), []);
});

test('a detection is found by a target that only its sightings name', async () => {
  await commit({ detections: [detectionOf()] });
  await commit({ sightings: [sightingOf({ destination: '10.0.0.77', port: 7777 })] });
  assert.deepEqual(await idsOf({ target: '10.0.0.77' }), [idOf(1)]);
  assert.deepEqual(await idsOf({ port: 7777 }), [idOf(1)]);
  assert.deepEqual(await idsOf({ target: '10.0.0.77', port: 22 }), []);
});

test('tables of the first release are brought up to date with their rows, and what these never told is unknown', async () => {
  const { db: old } = store;
  await sql`drop schema public cascade`.execute(old);
  await sql`create schema public`.execute(old);
  const provider = { getMigrations: async () => ({ '0001-first-light': { up: firstLight } }) };
  const { error } = await new Migrator({ db: old, provider }).migrateToLatest();
  assert.equal(error, undefined);
  const [first, last] = [new Date(START_MS), new Date(START_MS + 250)];
  await sql`insert into agents values (${AGENT_ID}, ${EPOCH}, '0.1.0', 'host', '6.1.0', ${first}, ${last}, null)`.execute(
    old,
  );
  await sql`insert into detections values (${idOf(1)}, 1, 1, ${AGENT_ID}, 'connscan_internal_internal', 'start', 'low',
    'tentative', 'threshold', 10, null, '10.0.0.1', 10, 2, 5, 0, false, ${first}, ${last}, ${last}, null,
    '{"topPorts": [], "samples": [], "techniques": []}')`.execute(old);
  await sql`insert into detection_alerts values (${idOf(1)}, 1, 'start', 'low', 'tentative', 10, 2, 5, 0, ${last}, now())`.execute(
    old,
  );
  await sql`insert into sightings values ('10.0.0.1', '10.0.0.2', 22, 'refused', ${AGENT_ID}, ${first}, ${last}, 7)`.execute(
    old,
  );
  await migrate(old);
  const [detection] = await findDetections(old, {}, page);
  assert.deepEqual(
    [detection?.slow_services, detection?.habitual_services, detection?.details.connections, detection?.agent_ids],
    [null, null, undefined, [AGENT_ID]],
  );
  const [source] = await findSources(old, always, page);
  assert.deepEqual([source?.first_seen, source?.connections], [first, { refused: 7 }]);
  const alert = detectionOf({ revision: 2, distinctServices: 11, process: processOf() });
  await commitBatch(old, { agentId: AGENT_ID, epoch: EPOCH, seq: 1 }, { detections: [alert] });
  const [raised, ...others] = await findDetections(old, {}, page);
  assert.deepEqual([raised?.id, raised?.revision, raised?.process, others], [idOf(1), 2, processOf(), []]);
  assert.deepEqual([raised?.slow_services, raised?.habitual_services], [12, 3]);
  assert.deepEqual(
    (await findAlerts(old, [idOf(1)])).map(({ revision, agent_id }) => [revision, agent_id]),
    [
      [1, AGENT_ID],
      [2, AGENT_ID],
    ],
  );
});

test('a /64 is a source of its own, found by its first address', async () => {
  const prefixed = detectionOf({ source: 'fd00::', sourcePrefixBits: 64, policyHash: '0123456789abcdef' });
  await commit({ detections: [prefixed, detectionOf({ id: idOf(2), source: 'fd00::1' })] });
  const [found, ...others] = await findDetections(store.db, { source: 'fd00::' }, page);
  assert.deepEqual([found?.id, found?.source_prefix_bits, found?.policy_hash], [idOf(1), 64, '0123456789abcdef']);
  assert.deepEqual(others, []);
});

test('tables of a newer program are refused with the way out', async () => {
  const later = '2026-01-01T00:00:00.000Z';
  await sql`insert into kysely_migration (name, timestamp) values ('0999-later', ${later})`.execute(store.db);
  await assert.rejects(migrate(store.db), (error: ConnscanError) => {
    assert.equal(error.code, 'STORE_UNUSABLE');
    assert.match(error.message, /newer connscan \(migration 0999-later\)/);
    return true;
  });
});
