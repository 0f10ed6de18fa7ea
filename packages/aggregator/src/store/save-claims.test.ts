import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { ConnscanError, Detection } from '@connscan/model';
import { sql } from 'kysely';
import { commitBatch } from '../../test/commit-batch.ts';
import { AGENT_ID, detectionOf, EPOCH, helloOf, idOf, OTHER_AGENT_ID, START_MS, sightingOf } from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import { saveAddresses } from './agent-addresses.ts';
import { findAlerts, findClaims, findDetections } from './find-detections.ts';
import { findSensors, isCorroborated } from './find-sensors.ts';
import type { Store } from './open-store.ts';
import { saveHello } from './save-agent.ts';
import { saveClaims } from './save-claims.ts';

let store: Store;
let nextSeq = 1;

before(async () => {
  store = await openTestStore();
});

after(() => store.close());

beforeEach(async () => {
  await sql`truncate agents, detections, sightings cascade`.execute(store.db);
  for (const id of [AGENT_ID, OTHER_AGENT_ID]) await saveHello(store.db, helloOf(id));
});

function tell(agentId: string | null, ...alerts: Detection[]) {
  return store.db.transaction().execute((transaction) => saveClaims(transaction, agentId, alerts));
}

const see = (agentId: string, ...sightings: ReturnType<typeof sightingOf>[]) =>
  commitBatch(store.db, { agentId, epoch: EPOCH, seq: nextSeq++ }, { sightings });

const heads = () => findDetections(store.db, {}, { limit: 100, reversed: true });

/** A claim whose connections are from `firstMs` to `lastMs` after the start. */
function claimOf(number: number, firstMs: number, lastMs: number, change: Partial<Detection> = {}): Detection {
  const times = { firstSeenMs: START_MS + firstMs, startedMs: START_MS + firstMs, lastSeenMs: START_MS + lastMs };
  return detectionOf({ id: idOf(number), ...times, ...change });
}

function endOf(claim: Detection): Detection {
  return { ...claim, revision: claim.revision + 1, alertType: 'end', endReason: 'quiet', endedMs: claim.lastSeenMs };
}

test('claims of one scan by several sensors are one detection, and each alert is told once', async () => {
  const [first] = await tell(AGENT_ID, claimOf(1, 0, 5000));
  const [second] = await tell(null, claimOf(2, 1000, 6000, { severity: 'medium', distinctServices: 30 }));
  const [third] = await tell(OTHER_AGENT_ID, claimOf(3, 200_000, 201_000));
  assert.deepEqual(
    [first, second, third].map((row) => [row?.id, row?.alert_type, row?.revision, row?.severity]),
    [
      [idOf(1), 'start', 1, 'low'],
      [idOf(1), 'ongoing', 2, 'medium'],
      [idOf(1), 'ongoing', 3, 'medium'],
    ],
  );
  const [head, ...others] = await heads();
  assert.deepEqual(others, []);
  assert.deepEqual(
    [head?.agent_id, head?.distinct_services, head?.agent_ids],
    [AGENT_ID, 30, [AGENT_ID, OTHER_AGENT_ID]],
  );
  const claims = await findClaims(store.db, [idOf(1)]);
  assert.deepEqual(
    claims.map(({ id, agent_id }) => [id, agent_id]),
    [
      [idOf(1), AGENT_ID],
      [idOf(2), null],
      [idOf(3), OTHER_AGENT_ID],
    ],
  );
  assert.equal((await findAlerts(store.db, [idOf(1)])).length, 3);
  assert.deepEqual(await tell(null, claimOf(2, 1000, 6000)), []);
});

test('claims of another model, source, prefix or time are other detections', async () => {
  await tell(AGENT_ID, claimOf(1, 0, 5000));
  const others: Partial<Detection>[] = [
    { source: '10.0.0.9' },
    { model: 'connscan_internal_external' },
    { source: 'fd00::' },
    { source: 'fd00::', sourcePrefixBits: 64 },
    { startedMs: START_MS + 700_000, firstSeenMs: START_MS + 700_000, lastSeenMs: START_MS + 700_000 },
  ];
  for (const [at, other] of others.entries()) await tell(OTHER_AGENT_ID, claimOf(10 + at, 1000, 2000, other));
  assert.equal((await heads()).length, 6);
});

test('a claimant that ended one claim and begins another tells of another scan, and so do those with it', async () => {
  const [one, two] = [claimOf(1, 0, 5000), claimOf(2, 100_000, 105_000)];
  const [ownOne, ownTwo] = [claimOf(3, 0, 5000), claimOf(4, 100_000, 105_000)];
  await tell(AGENT_ID, one, endOf(one));
  await tell(null, ownOne, endOf(ownOne));
  await tell(AGENT_ID, two);
  await tell(null, ownTwo);
  assert.deepEqual(
    (await heads()).map(({ id, ended }) => [id, ended === null]),
    [
      [idOf(1), false],
      [idOf(2), true],
    ],
  );
});

test('a claimant that begins anew while another still sees the scan goes on with the same detection', async () => {
  const one = claimOf(1, 0, 5000);
  await tell(AGENT_ID, one, endOf(one));
  await tell(null, claimOf(3, 0, 90_000));
  await tell(AGENT_ID, claimOf(2, 100_000, 105_000));
  const [head, ...others] = await heads();
  assert.deepEqual([head?.id, head?.ended, others], [idOf(1), null, []]);
});

test('two sessions that tell of one scan at the same time make one detection', async () => {
  await Promise.all([tell(AGENT_ID, claimOf(1, 0, 5000)), tell(OTHER_AGENT_ID, claimOf(2, 0, 5000))]);
  assert.equal((await heads()).length, 1);
});

test('a claim keeps its source and model', async () => {
  await tell(AGENT_ID, claimOf(1, 0, 5000));
  await assert.rejects(
    tell(AGENT_ID, claimOf(1, 0, 5000, { revision: 2, source: '10.0.0.9' })),
    (error: ConnscanError) => {
      assert.equal(error.code, 'BAD_PAYLOAD');
      assert.equal(error.message, `id: ${idOf(1)} is a detection of another source or model`);
      return true;
    },
  );
});

test('the sensors of a detection are those whose sightings are of it, with what each saw', async () => {
  await see(AGENT_ID, sightingOf(), sightingOf({ port: 23 }), sightingOf({ destination: '10.0.0.3' }));
  await see(OTHER_AGENT_ID, sightingOf(), sightingOf({ port: 80, outcome: 'responder_reset' }));
  await see(OTHER_AGENT_ID, sightingOf({ source: '10.0.0.9', port: 99 }));
  await tell(null, claimOf(1, 0, 5000));
  await saveAddresses(store.db, AGENT_ID, ['10.0.0.1', 'fd00::7']);
  await saveAddresses(store.db, OTHER_AGENT_ID, ['10.0.0.2']);
  assert.deepEqual(
    (await findSensors(store.db, [idOf(1)])).map(({ agent_id, side, services, hosts }) => [
      agent_id,
      side,
      services,
      hosts,
    ]),
    [
      [AGENT_ID, 'source', 3, 2],
      [OTHER_AGENT_ID, 'target', 1, 1],
    ],
  );
});

test('a detection of a /64 has the sensors of all its addresses', async () => {
  await see(AGENT_ID, sightingOf({ source: 'fd00::1', destination: 'fd00:1::2' }));
  await see(AGENT_ID, sightingOf({ source: 'fd00::ffff:1', destination: 'fd00:1::3' }));
  await see(OTHER_AGENT_ID, sightingOf({ source: 'fd00:0:0:1::1', destination: 'fd00:1::2' }));
  await tell(null, claimOf(1, 0, 5000, { source: 'fd00::', sourcePrefixBits: 64 }));
  const sensors = await findSensors(store.db, [idOf(1)]);
  assert.deepEqual(
    sensors.map(({ agent_id, services }) => [agent_id, services]),
    [[AGENT_ID, 2]],
  );
});

test('one agent alone corroborates nothing but what its own host does or suffers', async () => {
  const verdict = async () => isCorroborated(await findSensors(store.db, [idOf(1)]));
  await tell(AGENT_ID, claimOf(1, 0, 5000));
  assert.equal(await verdict(), null, 'it told no addresses');
  for (const [address, expected] of [
    ['10.9.9.9', false],
    ['10.0.0.1', true],
    ['10.0.0.2', true],
  ] as const) {
    await saveAddresses(store.db, AGENT_ID, [address]);
    assert.equal(await verdict(), expected, address);
  }
  await saveAddresses(store.db, AGENT_ID, ['10.9.9.9']);
  await tell(OTHER_AGENT_ID, claimOf(2, 0, 5000));
  assert.equal(await verdict(), true, 'another agent tells of it too');
});
