import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { createLogger } from '@connscan/program';
import {
  type AggregatorStream,
  type Batch,
  createUplinkClient,
  type Health,
  type Hello,
  uplinkService,
} from '@connscan/wire';
import { credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { createQueue } from './queue.ts';
import { sumCounters } from './sum-counters.ts';
import { createUplink, type Uplink } from './uplink.ts';

type Message = { hello?: Hello; batch?: Batch; health?: Health };

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
  capabilities: [],
  policyHash: '0000000000000000',
  policyVersion: 0,
};
const HEALTH: Health = {
  seen: 7,
  submitted: 0,
  reserveFailed: 0,
  recursionMisses: 0,
  filtered: { transition: 7 },
  processed: 0,
  queueDropped: 0,
  spool: null,
  resources: null,
  canary: null,
  detector: { unknownOriginators: 0, workerDeaths: 0, snapshotsRefused: 0, ...sumCounters([], []) },
};

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

function connect(port: number) {
  const queue = createQueue(10_000);
  const client = createUplinkClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 100,
  });
  const uplink: Uplink = createUplink({ client, hello: HELLO, queue, health: () => HEALTH, logger: quiet });
  stops.push(() => uplink.stop(0));
  uplink.start();
  return { queue, uplink };
}

/** Resolves when `count` calls were made. */
function calls(count: number): { call: () => void; done: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let made = 0;
  return { call: () => ++made === count && resolve(), done: promise };
}

const payload = Uint8Array.of(1, 2, 3);

test('a session begins with Hello, then counters, and batches are forgotten once acknowledged', async () => {
  const got: Message[] = [];
  const three = calls(3);
  const { port } = await serve((message, stream) => {
    got.push(message);
    if (message.batch) {
      stream.write({ ack: { through: message.batch.seq } });
      three.call();
    }
  });
  const { queue, uplink } = connect(port);
  for (let i = 0; i < 3; i++) queue.append('SIGHTINGS', payload);
  await three.done;
  assert.equal(await uplink.stop(5000), 0);
  assert.deepEqual(got[0]!.hello, HELLO);
  assert.deepEqual(got[1]!.health, HEALTH);
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
  const { queue, uplink } = connect(first.port);
  for (let i = 0; i < 3; i++) queue.append('DETECTIONS', payload);
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
  const { queue, uplink } = connect(port);
  for (let i = 0; i < 40; i++) queue.append('SIGHTINGS', payload);
  await full.done;
  assert.equal(received, 32);
  const rest = calls(1);
  queue.onChange(rest.call);
  stream!.write({ ack: { through: 1 } });
  await rest.done;
  assert.equal(queue.length(), 39);
  assert.equal(await uplink.stop(0), 39);
});

test('one acknowledgement stands for every batch up to it', async () => {
  const { port } = await serve((message, stream) => {
    if (message.batch && message.batch.seq % 20 === 0) stream.write({ ack: { through: message.batch.seq } });
  });
  const { queue, uplink } = connect(port);
  for (let i = 0; i < 100; i++) queue.append('SIGHTINGS', payload);
  assert.equal(await uplink.stop(5000), 0);
});

test('a batch that the aggregator can never store is given up', async () => {
  const { port } = await serve((message, stream) => {
    if (!message.batch) return;
    stream.write({ reject: { seq: message.batch.seq, reason: 'payload: must be msgpack' } });
    stream.write({ ack: { through: message.batch.seq } });
  });
  const { queue, uplink } = connect(port);
  queue.append('SIGHTINGS', payload);
  assert.equal(await uplink.stop(5000), 0);
});

test('a stop does not wait longer than it may for an aggregator that is not there', async () => {
  const { port, stop } = await serve(() => {});
  stop();
  const { queue, uplink } = connect(port);
  queue.append('DETECTIONS', payload);
  assert.equal(await uplink.stop(10), 1);
});
