import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLogger } from '@connscan/program';
import {
  type AggregatorStream,
  type Batch,
  createUplinkClient,
  type Health,
  type Hello,
  type PolicyState,
  uplinkService,
} from '@connscan/wire';
import { credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { openTestSpool } from '../test/open-test-spool.ts';
import { sumCounters } from './sum-counters.ts';
import { createUplink, type UplinkOptions } from './uplink.ts';

type Message = { hello?: Hello; batch?: Batch; health?: Health & { sentMs?: number }; policyState?: PolicyState };

/** What an aggregator would do with each message; the tests' own aggregator, over real gRPC. */
type Behaviour = (message: Message, stream: AggregatorStream) => void;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const quiet = createLogger('test');
quiet.level = 'silent';

const HELLO: Hello = {
  agentId: randomUUID(),
  epoch: randomUUID(),
  version: '1',
  hostname: 'h',
  kernel: 'k',
  instance: randomUUID(),
  bootId: randomUUID(),
  policyHash: '0000000000000000',
  policyVersion: 0,
  addresses: ['10.0.0.7', 'fd00::7'],
};
const HEALTH: Health = {
  seen: 7,
  submitted: 0,
  reserveFailed: 0,
  recursionMisses: 0,
  filtered: { transition: 7 },
  processed: 0,
  spool: {
    appended: 0,
    acknowledged: 0,
    lostFull: 0,
    lostDamage: 0,
    waiting: 0,
    waitingBytes: 0,
    oldestAgeMs: 0,
    diskErrors: 0,
    durable: true,
  },
  resources: { rssBytes: 1, heapBytes: 1, cpuUs: 1, shedSnapshots: 0 },
  canary: { sent: 1, seen: 1 },
  clockAheadMs: 0,
  detector: { unknownOriginators: 0, workerDeaths: 0, snapshotsRefused: 0, ...sumCounters([]) },
};

const POLICY_STATE: PolicyState = { version: 2, hash: 'b7', progress: 'APPLIED', notes: [] };

async function serve(behaviour: Behaviour, port = 0): Promise<{ port: number; stop: () => void }> {
  const server = new Server();
  server.addService(uplinkService, {
    session: (stream: AggregatorStream) => {
      stream.on('error', () => {});
      stream.on('end', () => stream.end());
      stream.on('data', (message) => behaviour(message as Message, stream));
    },
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, found) =>
      error ? reject(error) : resolve(found),
    );
  });
  const stop = () => server.forceShutdown();
  stops.push(stop);
  return { port: bound, stop };
}

async function connect(port: number, different: Partial<UplinkOptions> = {}, disk?: Promise<void>) {
  const { spool, close } = await openTestSpool(disk);
  stops.push(close);
  const uplink = createUplink({
    connect: () =>
      createUplinkClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 100,
      }),
    hello: () => ({ ...HELLO, epoch: spool.epoch }),
    spool,
    health: () => HEALTH,
    policyState: () => POLICY_STATE,
    takePolicy: () => {},
    takeTime: () => {},
    bootTimeMs: () => 1000,
    random: () => 0,
    wallTimeMs: Date.now,
    logger: quiet,
    ...different,
  });
  stops.push(() => uplink.stop(0));
  uplink.start();
  return { spool, uplink };
}

/** Resolves when `count` calls were made. */
function calls(count: number): { call: () => void; done: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let made = 0;
  return { call: () => ++made === count && resolve(), done: promise };
}

/** A payload of one row, as far as anybody here looks at it. */
const payload = Uint8Array.of(0x63, 0x73, 2, 0x91, 0xc0);

test('a session begins with Hello, the state of the policy, then counters, and batches are forgotten once acknowledged', async () => {
  const got: Message[] = [];
  const three = calls(3);
  const { port } = await serve((message, stream) => {
    got.push(message);
    if (message.batch) {
      stream.write({ ack: { through: message.batch.seq } });
      three.call();
    }
  });
  const { spool, uplink } = await connect(port);
  for (let i = 0; i < 3; i++) void spool.append('SIGHTINGS', payload);
  await three.done;
  assert.equal(await uplink.stop(5000), 0);
  assert.deepEqual(got[0]!.hello, { ...HELLO, epoch: spool.epoch });
  assert.deepEqual(got[1]!.policyState, POLICY_STATE);
  assert.deepEqual(got[2]!.health, { ...HEALTH, sentMs: 1000 });
  const batches = got.flatMap(({ batch }) => (batch ? [batch] : []));
  assert.deepEqual(
    batches.map(({ seq }) => seq),
    [1, 2, 3],
  );
  assert.deepEqual(new Uint8Array(batches[0]!.payload), payload);
  assert.ok(got.at(-1)!.health, 'the last counters go up before the session ends');
});

test('what was not acknowledged is sent again in the next session', async () => {
  const seqs: number[] = [];
  const three = calls(3);
  const first = await serve((message, stream) => {
    if (!message.batch) return;
    seqs.push(message.batch.seq);
    three.call();
    if (message.batch.seq === 1) stream.write({ ack: { through: 1 } });
    if (message.batch.seq === 3) first.stop();
  });
  const { spool, uplink } = await connect(first.port);
  for (let i = 0; i < 3; i++) void spool.append('DETECTIONS', payload);
  const again = calls(2);
  await three.done;
  await serve((message, stream) => {
    if (!message.batch) return;
    seqs.push(message.batch.seq);
    stream.write({ ack: { through: message.batch.seq } });
    again.call();
  }, first.port);
  await again.done;
  assert.equal(await uplink.stop(5000), 0);
  assert.deepEqual(seqs, [1, 2, 3, 2, 3]);
});

test('what is new goes ahead of the backlog of an aggregator that was away', async () => {
  const kinds: [string, number][] = [];
  const all = calls(41);
  const { port, stop } = await serve(() => {});
  stop();
  const { spool, uplink } = await connect(port);
  for (let i = 0; i < 40; i++) await spool.append('SIGHTINGS', payload);
  const started = calls(1);
  await serve((message, stream) => {
    if (!message.batch) return;
    started.call();
    kinds.push([message.batch.kind, message.batch.seq]);
    all.call();
    // Slower than it sends, so that most of the backlog is still there when the news comes.
    if (message.batch.kind === 'SIGHTINGS') setImmediate(() => stream.write({ ack: { through: message.batch!.seq } }));
    else stream.write({ ack: { through: message.batch.seq } });
  }, port);
  await started.done;
  await spool.append('DETECTIONS', payload);
  await all.done;
  assert.equal(await uplink.stop(5000), 0);
  const place = kinds.findIndex(([kind]) => kind === 'DETECTIONS');
  assert.ok(place < 40, `it was number ${place}`);
  assert.equal(new Set(kinds.map(([, seq]) => seq)).size, 41);
});

test('at most 32 batches wait for their acknowledgement', async () => {
  let received = 0;
  const full = calls(32);
  let stream: AggregatorStream | undefined;
  const { port } = await serve((message, from) => {
    stream = from;
    if (!message.batch) return;
    received++;
    full.call();
  });
  const { spool, uplink } = await connect(port);
  for (let i = 0; i < 40; i++) void spool.append('SIGHTINGS', payload);
  await full.done;
  assert.equal(received, 32);
  const acknowledged = Promise.withResolvers<void>();
  spool.onChange(() => spool.waiting() === 39 && acknowledged.resolve());
  stream!.write({ ack: { through: 1 } });
  await acknowledged.promise;
  assert.equal(await uplink.stop(0), 39);
});

test('one acknowledgement stands for every batch sent before it', async () => {
  const { port } = await serve((message, stream) => {
    if (message.batch && message.batch.seq % 20 === 0) stream.write({ ack: { through: message.batch.seq } });
  });
  const { spool, uplink } = await connect(port);
  for (let i = 0; i < 100; i++) void spool.append('SIGHTINGS', payload);
  assert.equal(await uplink.stop(5000), 0);
});

test('a batch that the aggregator can never store is given up', async () => {
  const { port } = await serve((message, stream) => {
    if (!message.batch) return;
    stream.write({ reject: { seq: message.batch.seq, reason: 'payload: must be msgpack' } });
    stream.write({ ack: { through: message.batch.seq } });
  });
  const { spool, uplink } = await connect(port);
  await spool.append('SIGHTINGS', payload);
  assert.equal(await uplink.stop(5000), 0);
});

test('an acknowledgement of what was never sent changes nothing', async () => {
  const told = calls(1);
  const { port } = await serve((message, stream) => {
    if (!message.batch) return;
    stream.write({ ack: { through: 999 } });
    told.call();
  });
  const { spool, uplink } = await connect(port);
  await spool.append('SIGHTINGS', payload);
  await told.done;
  assert.equal(await uplink.stop(100), 1);
});

test('when the disk is there at last, what was in memory is delivered under its own epoch, and the rest under that of the disk', async () => {
  const disk = Promise.withResolvers<void>();
  const got: [string, number][] = [];
  const two = calls(2);
  let [epoch, isHeldBack] = ['', true];
  let answer = () => {};
  const { port } = await serve((message, stream) => {
    if (message.hello) epoch = message.hello.epoch;
    if (!message.batch) return;
    const { seq } = message.batch;
    got.push([epoch, seq]);
    answer = () => void stream.write({ ack: { through: seq } });
    if (!isHeldBack) answer();
    two.call();
  });
  const { spool, uplink } = await connect(port, {}, disk.promise);
  const first = spool.epoch;
  let inMemory = 0;
  const append = () => spool.append('DETECTIONS', payload);
  for (; inMemory < 2; inMemory++) assert.equal(await append(), undefined);
  await two.done;
  assert.equal(spool.health().durable, false);
  disk.resolve();
  for (; (await append()) === undefined; inMemory++) await nextTurn();
  assert.equal(await append(), 2);
  assert.equal(spool.epoch, first, 'it changes when all in memory is acknowledged');
  isHeldBack = false;
  answer();
  assert.equal(await uplink.stop(5000), 0);
  assert.notEqual(spool.epoch, first);
  assert.deepEqual(got, [
    ...Array.from({ length: inMemory }, (_, index) => [first, index + 1]),
    ...[1, 2].map((seq) => [spool.epoch, seq]),
  ]);
  assert.equal(spool.health().durable, true);
});

test('a policy is taken, and how that goes is told in the same session', async () => {
  const policy = { version: 3, hash: 'a1', document: '{}', rollback: false };
  const states: string[] = [];
  const applied = calls(3);
  const { port } = await serve((message, stream) => {
    if (message.hello) stream.write({ policy });
    if (!message.policyState) return;
    states.push(message.policyState.progress);
    applied.call();
  });
  await connect(port, {
    takePolicy(taken, tell) {
      assert.deepEqual(taken, policy);
      const state = { version: 3, hash: 'a1', notes: [] };
      tell({ ...state, progress: 'APPLYING' });
      tell({ ...state, progress: 'APPLIED' });
    },
  });
  await applied.done;
  assert.deepEqual(states, ['APPLIED', 'APPLYING', 'APPLIED']);
});

test('counters say when they were sent, and the time that the aggregator answers is taken', async () => {
  const taken = Promise.withResolvers<unknown>();
  const { port } = await serve(({ health }, stream) => {
    if (health) stream.write({ time: { wallMs: 1_800_000_000_000, sentMs: health.sentMs! } });
  });
  await connect(port, { takeTime: taken.resolve, bootTimeMs: () => 4_000_000_000.7 });
  assert.deepEqual(await taken.promise, { wallMs: 1_800_000_000_000, sentMs: 4_000_000_000 });
});

test('an agent that is asked to stay away does, and says until when', async () => {
  const left = calls(1);
  const { port } = await serve((message, stream) => {
    if (!message.hello) return;
    stream.write({ retryAfter: { milliseconds: 3_600_000 } });
    stream.end();
    left.call();
  });
  const { uplink } = await connect(port);
  await left.done;
  while (uplink.status().state !== 'waiting') await nextTurn();
  const { nextRetryMs, lastError } = uplink.status();
  assert.equal(lastError, 'ended by the aggregator');
  assert.ok(nextRetryMs! > Date.now() + 3_500_000);
});

test('a stop does not wait longer than it may for an aggregator that is not there', async () => {
  const { port, stop } = await serve(() => {});
  stop();
  const { spool, uplink } = await connect(port);
  await spool.append('DETECTIONS', payload);
  assert.equal(await uplink.stop(10), 1);
});
