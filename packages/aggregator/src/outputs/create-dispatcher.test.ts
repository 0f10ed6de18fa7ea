import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { Detection } from '@connscan/model';
import { createLogger } from '@connscan/program';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { startHttpReceiver } from '../../test/http-receiver.ts';
import { AGENT_ID, detectionOf, helloOf, idOf } from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import type { Store } from '../store/open-store.ts';
import { saveHello } from '../store/save-agent.ts';
import { saveClaims } from '../store/save-claims.ts';
import type { OutputRow } from '../store/schema.ts';
import { createDispatcher, type Dispatcher, type RetryOptions } from './create-dispatcher.ts';
import { createSender, type Sender } from './create-sender.ts';
import type { OutputFilter } from './output-settings.ts';
import { createOutput, findOutputs, resendDeliveries } from './outputs.ts';

const SECRET = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const log = createLogger('test');
log.level = 'silent';

let store: Store;
let dispatcher: Dispatcher | undefined;

before(async () => {
  store = await openTestStore();
});

after(() => store.close());

beforeEach(async () => {
  await sql`truncate agents, detections, outputs cascade`.execute(store.db);
  await saveHello(store.db, helloOf(AGENT_ID));
});

afterEach(() => dispatcher?.stop());

const QUICK: RetryOptions = { firstMs: 1, longestMs: 4, giveUpMs: 60_000, checkMs: 5, timeoutMs: 5000 };

/** Sends to real receivers, or as `send` does. */
function start(retry: Partial<RetryOptions> = {}, send?: Sender): Dispatcher {
  const real = createSender({ folder: '/nowhere', hostname: 'host', now: () => new Date() });
  const options = { db: store.db, wallMs: Date.now, log, retry: { ...QUICK, ...retry } };
  dispatcher = createDispatcher({ ...options, send: send ?? real });
  return dispatcher;
}

async function addWebhook(url: string, filter: OutputFilter = {}, name = 'hook'): Promise<OutputRow> {
  const settings = { url, allowPrivate: true };
  const output = {
    name,
    kind: 'webhook',
    format: 'connscan',
    settings,
    secret: SECRET,
    filter,
    enabled: true,
  } as const;
  return (await createOutput(store.db, output, 'test'))!;
}

const tell = (...alerts: Detection[]) =>
  store.db.transaction().execute((transaction) => saveClaims(transaction, AGENT_ID, alerts));

/** Resolves when nothing waits any more. */
async function settled(): Promise<void> {
  while ((await findOutputs(store.db)).some(({ waiting }) => waiting > 0)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What each output has still to get, by name, and what was given up. */
async function backlogs() {
  return (await findOutputs(store.db)).map(({ waiting, failed }) => ({ waiting, failed }));
}

const idsOf = (received: readonly { headers: Record<string, string> }[]) =>
  received.map(({ headers }) => headers['webhook-id']);

test('an alert that is committed arrives, signed, with the host names of its sensors', async () => {
  const receiver = await startHttpReceiver(() => 200);
  await addWebhook(receiver.url);
  start();
  await tell(detectionOf());
  const [{ headers, body } = assert.fail()] = await receiver.received(1);
  const { type, data } = new Webhook(SECRET).verify(body, headers) as { type: string; data: Record<string, unknown> };
  assert.equal(type, 'connscan.detection.start');
  assert.equal(data.id, idOf(1));
  assert.deepEqual(data.sensors, [{ id: AGENT_ID, hostname: 'host' }]);
  await settled();
  const [output] = await findOutputs(store.db);
  assert.deepEqual([output!.delivered, output!.last_error], [1, null]);
  assert.ok(output!.last_delivered);
  await receiver.close();
});

test('a receiver that fails gets the same delivery again, under the same id, until it takes it', async () => {
  const receiver = await startHttpReceiver((_received, _response, count) => (count <= 3 ? 503 : 200));
  await addWebhook(receiver.url);
  start();
  await tell(detectionOf());
  const received = await receiver.received(4);
  assert.deepEqual(idsOf(received), Array(4).fill(`${idOf(1)}-1`));
  await settled();
  const [output] = await findOutputs(store.db);
  assert.deepEqual([output!.delivered, output!.last_error], [1, 'the receiver answered 503']);
  await receiver.close();
});

test('alerts of one detection arrive in their order, also when the first of them fails', async () => {
  const receiver = await startHttpReceiver(({ headers }, _response, count) =>
    headers['webhook-id'] === `${idOf(1)}-1` && count < 5 ? 500 : 200,
  );
  await addWebhook(receiver.url);
  const ongoing = { revision: 2, alertType: 'ongoing' } as const;
  await tell(
    detectionOf(),
    detectionOf(ongoing),
    detectionOf({ ...ongoing, revision: 3 }),
    detectionOf({ id: idOf(2) }),
  );
  start();
  await settled();
  const arrived = idsOf(await receiver.received(0)).filter((id) => id!.startsWith(idOf(1)));
  const [first] = arrived;
  assert.ok(arrived.length > 3);
  assert.deepEqual(
    arrived.slice(arrived.lastIndexOf(first)),
    [1, 2, 3].map((revision) => `${idOf(1)}-${revision}`),
  );
  await receiver.close();
});

test('what no receiver took in time is given up, shown, and sent again when asked', async () => {
  let works = false;
  const receiver = await startHttpReceiver(() => (works ? 200 : 500));
  const { id } = await addWebhook(receiver.url);
  start({ giveUpMs: 0 });
  await tell(detectionOf());
  await settled();
  assert.deepEqual(await backlogs(), [{ waiting: 0, failed: 1 }]);
  works = true;
  await resendDeliveries(store.db, id, 'test');
  await settled();
  const [{ waiting, failed, delivered } = assert.fail()] = await findOutputs(store.db);
  assert.deepEqual({ waiting, failed, delivered }, { waiting: 0, failed: 0, delivered: 1 });
  await receiver.close();
});

test('a receiver that hangs holds up neither commits nor other outputs', async () => {
  const slow = await startHttpReceiver(() => undefined);
  const quick = await startHttpReceiver(() => 200);
  await addWebhook(slow.url, {}, 'slow');
  await addWebhook(quick.url, {}, 'quick');
  start();
  for (let number = 1; number <= 20; number++) await tell(detectionOf({ id: idOf(number) }));
  assert.equal(new Set(idsOf(await quick.received(20))).size, 20);
  assert.equal((await slow.received(4)).length, 4);
  await dispatcher!.stop();
  await slow.close();
  await quick.close();
});

test('what was on its way when the aggregator stopped is sent by the next one, and nothing is lost', async () => {
  let hangs = true;
  const receiver = await startHttpReceiver(() => (hangs ? undefined : 200));
  await addWebhook(receiver.url);
  const first = start();
  for (let number = 1; number <= 10; number++) await tell(detectionOf({ id: idOf(number) }));
  await receiver.received(4);
  await first.stop();
  assert.deepEqual(await backlogs(), [{ waiting: 10, failed: 0 }]);
  hangs = false;
  start();
  await settled();
  assert.equal(new Set(idsOf(await receiver.received(14))).size, 10);
  await receiver.close();
});

test('an alert whose commit is undone is not sent', async () => {
  await addWebhook('http://127.0.0.1:1/');
  const undone = store.db.transaction().execute(async (transaction) => {
    await saveClaims(transaction, AGENT_ID, [detectionOf()]);
    throw new Error('undone');
  });
  await assert.rejects(undone, { message: 'undone' });
  assert.deepEqual(await backlogs(), [{ waiting: 0, failed: 0 }]);
});

test('a filter keeps alerts from being put before an output, and so does its being disabled', async () => {
  const wanted = await addWebhook('http://127.0.0.1:1/', { severity: 'high' }, 'high');
  const all = await addWebhook('http://127.0.0.1:1/', {}, 'all');
  await tell(detectionOf({ id: idOf(1) }), detectionOf({ id: idOf(2), severity: 'high' }));
  await sql`update outputs set enabled = false`.execute(store.db);
  await tell(detectionOf({ id: idOf(3), severity: 'high' }));
  const waiting = new Map((await findOutputs(store.db)).map((output) => [output.id, output.waiting]));
  assert.deepEqual([waiting.get(wanted.id), waiting.get(all.id)], [1, 2]);
});

test('of a detection that somebody has acknowledged an output for new ones hears no more', async () => {
  await addWebhook('http://127.0.0.1:1/', { untriaged: true });
  await tell(detectionOf());
  await sql`insert into triage (detection_id, state, verdict, actor, at)
    values (${idOf(1)}, 'acknowledged', null, 'test', now())`.execute(store.db);
  await tell(detectionOf({ revision: 2, alertType: 'ongoing' }));
  assert.deepEqual(await backlogs(), [{ waiting: 1, failed: 0 }]);
});

test('a delivery that a receiver does not answer in time has failed for that reason', async () => {
  const receiver = await startHttpReceiver(() => undefined);
  await addWebhook(receiver.url);
  start({ timeoutMs: 20, giveUpMs: 0 });
  await tell(detectionOf());
  await settled();
  assert.equal((await findOutputs(store.db))[0]!.last_error, 'no answer in time');
  await receiver.close();
});
