import assert from 'node:assert/strict';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { encodeDetections, encodeLosses, encodeSightings, MAX_MESSAGE_BYTES, type TimeMessage } from '@connscan/wire';
import { type ChannelCredentials, credentials, makeGenericClientConstructor, status } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { frameOf } from './frame-of.ts';
import { AGENT_ID, detectionOf, health, helloOf, idOf, OTHER_AGENT_ID, sightingOf } from './rows.ts';
import type { TestSession } from './session.ts';
import { startTestAggregator, type TestAggregator } from './test-aggregator.ts';

let aggregator: TestAggregator;
/** A client that reads nothing, and is still connected when the aggregator stops. */
let deaf: ClientHttp2Session;

before(async () => {
  aggregator = await startTestAggregator();
});

after(async () => {
  await aggregator.stop();
  deaf.destroy();
});

const sessionHeaders = {
  ':method': 'POST',
  ':path': '/connscan.v1.Uplink/Session',
  'content-type': 'application/grpc',
  te: 'trailers',
};

function sightings(seq: number, rows = [sightingOf()]) {
  return { batch: { seq, kind: 'SIGHTINGS', payload: encodeSightings(rows) } };
}

function detections(seq: number, rows = [detectionOf()]) {
  return { batch: { seq, kind: 'DETECTIONS', payload: encodeDetections(rows) } };
}

/** A session of an agent that no other test uses. */
function sessionOf(agentId: string): TestSession {
  const session = aggregator.session();
  session.send({ hello: helloOf(agentId) });
  return session;
}

function agentId(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

async function agent(id: string) {
  const { data } = await aggregator.query(
    '{ agents { id connected batches rejected lost gaps health { seen filtered { reason count } detector { observed late exceptionHits { name hits } } } } }',
  );
  return data.agents.find((found: { id: string }) => found.id === id);
}

/** What must still work after anything that was sent. */
async function assertServes(id: string): Promise<void> {
  const session = sessionOf(id);
  session.send(sightings(1));
  assert.deepEqual(await session.next(), { ack: { through: 1 } });
  session.close();
}

test('a batch is acknowledged when it can be read back', async () => {
  const session = sessionOf(AGENT_ID);
  session.send(detections(1));
  assert.deepEqual(await session.next(), { ack: { through: 1 } });
  const { data } = await aggregator.query('{ detections { nodes { id agent { id connected } alerts { revision } } } }');
  assert.deepEqual(data.detections.nodes, [
    { id: idOf(1), agent: { id: AGENT_ID, connected: true }, alerts: [{ revision: 1 }] },
  ]);
});

test('a batch sent again is acknowledged again and stored once', async () => {
  const id = agentId(1);
  const row = sightingOf({ source: '10.1.0.1', connections: 3 });
  for (const _ of [1, 2]) {
    const session = sessionOf(id);
    session.send(sightings(1, [row]));
    session.send(sightings(1, [row]));
    assert.deepEqual(await session.next(), { ack: { through: 1 } });
    assert.deepEqual(await session.next(), { ack: { through: 1 } });
    session.close();
  }
  const { data } = await aggregator.query('{ sources { nodes { address connections { outcome connections } } } }');
  const source = data.sources.nodes.find((node: { address: string }) => node.address === '10.1.0.1');
  assert.deepEqual(source.connections, [{ outcome: 'RESET', connections: 3 }]);
});

test('each batch is acknowledged in the order it came and an ended session answers everything before it ends', async () => {
  const session = sessionOf(agentId(2));
  for (const seq of [1, 2, 4, 3]) session.send(sightings(seq));
  session.end();
  for (const through of [1, 2, 4, 3]) assert.deepEqual(await session.next(), { ack: { through } });
  assert.equal((await session.ended()).code, status.OK);
});

test('a loss explains a gap, but for batches that had arrived although the agent never heard of it', async () => {
  const id = agentId(21);
  const session = sessionOf(id);
  session.send(sightings(1));
  session.send(sightings(3));
  const payload = encodeLosses([{ from: 1, through: 4, batches: 4, rows: 90, reason: 'full' }]);
  session.send({ batch: { seq: 5, kind: 'LOSS', payload } });
  session.send({
    batch: { seq: 6, kind: 'LOSS', payload: encodeLosses([{ from: 2, through: 1, batches: 1, reason: 'full' }]) },
  });
  for (const through of [1, 3, 5]) assert.deepEqual(await session.next(), { ack: { through } });
  const { reject } = (await session.next()) as { reject: { reason: string } };
  assert.match(reject.reason, /must name a range of numbers/);
  const { gaps, lost, rejected } = await agent(id);
  assert.deepEqual({ gaps, lost, rejected }, { gaps: 0, lost: 2, rejected: 1 });
});

test('an agent is connected while a session is open, with its gaps and counters', async () => {
  const id = agentId(3);
  const session = sessionOf(id);
  session.send({ health });
  session.send(sightings(5));
  assert.deepEqual(await session.next(), { ack: { through: 5 } });
  assert.deepEqual(await agent(id), {
    id,
    connected: true,
    batches: 1,
    rejected: 0,
    lost: 0,
    gaps: 4,
    health: {
      seen: 5_000_000_000,
      filtered: [{ reason: 'not_internal', count: 1_000_000_000 }],
      detector: { observed: 3_999_999_999, late: 2, exceptionHits: [{ name: 'vulnerability scanner', hits: 12 }] },
    },
  });
  session.end();
  await session.ended();
  assert.equal((await agent(id)).connected, false);
});

test('a host whose clock is wrong is told as such', async () => {
  const id = agentId(3);
  const session = sessionOf(id);
  session.send({ health: { ...health, clockAheadMs: -3_600_500 } });
  session.send(sightings(6));
  await session.next();
  const { data } = await aggregator.query('{ agents { id state { problems } health { clockAheadSeconds } } }');
  const { state, health: told } = data.agents.find((one: { id: string }) => one.id === id);
  assert.ok(state.problems.includes('CLOCK_WRONG'));
  assert.equal(told.clockAheadSeconds, -3600.5);
  session.end();
  await session.ended();
});

test('counters that say when they were sent are answered with the time', async () => {
  const session = sessionOf(agentId(3));
  session.send({ health });
  const beforeMs = Date.now();
  session.send({ health: { ...health, sentMs: 123_456 } });
  const { time } = (await session.next()) as { time: TimeMessage };
  assert.equal(time.sentMs, 123_456);
  assert.ok(time.wallMs >= beforeMs && time.wallMs <= Date.now());
  session.end();
  await session.ended();
});

test('a batch that can never be stored is rejected with the reason, acknowledged, and the session goes on', async () => {
  const id = agentId(4);
  const session = sessionOf(id);
  const broken = [
    [{ batch: { seq: 1, kind: 'SIGHTINGS', payload: Buffer.from('garbage') } }, /must begin with the bytes 63 73/],
    [{ batch: { seq: 2, kind: 'DETECTIONS', payload: encodeSightings([sightingOf()]) } }, /^0\./],
    [{ batch: { seq: 3, payload: encodeSightings([sightingOf()]) } }, /^kind: /],
    [detections(4, [detectionOf({ id: idOf(4), threshold: 2 ** 40 })]), /out of range/],
    [
      sightings(
        5,
        Array.from({ length: 201 }, () => sightingOf()),
      ),
      /expected array to have <=200 items/,
    ],
  ] as const;
  for (const [at, [message, reason]] of broken.entries()) {
    session.send(message);
    const answer = await session.next();
    assert.ok('reject' in answer);
    assert.equal(answer.reject.seq, at + 1);
    assert.match(answer.reject.reason, reason);
    assert.deepEqual(await session.next(), { ack: { through: at + 1 } });
  }
  session.send(sightings(6));
  assert.deepEqual(await session.next(), { ack: { through: 6 } });
  const { batches, rejected, gaps } = await agent(id);
  assert.deepEqual({ batches, rejected, gaps }, { batches: 6, rejected: 5, gaps: 0 });
});

test('a session that breaks the contract ends with what is wrong', async () => {
  const hello = { hello: helloOf(agentId(5)) };
  const manyReasons = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`${n}`.padStart(100), 1]));
  const cases: [unknown[], RegExp][] = [
    [[sightings(1)], /the first message must be a hello/],
    [[{}], /the first message must be a hello/],
    [[{ hello: { ...hello.hello, agentId: 'me' } }], /hello: agentId: Invalid UUID/],
    [[{ hello: { ...hello.hello, hostname: 'a\0b' } }], /invalid byte sequence/],
    [[hello, hello], /a session has one, its first message/],
    [[hello, {}], /must be a batch, a health or a policyState/],
    [[hello, { health: { ...health, filtered: manyReasons } }], /filtered/],
    [[hello, { batch: { seq: 0, kind: 'SIGHTINGS' } }], /batch: seq: /],
  ];
  for (const [messages, expected] of cases) {
    const session = aggregator.session();
    for (const message of messages) session.send(message);
    const { code, details } = await session.ended();
    assert.equal(code, status.INVALID_ARGUMENT, details);
    assert.match(details, expected);
  }
  await assertServes(agentId(6));
});

test('an oversize message ends its own stream only', async () => {
  const honest = sessionOf(agentId(7));
  const session = sessionOf(agentId(8));
  // The stream may end before the store knows of the agent, unless it has answered.
  session.send(sightings(1));
  assert.deepEqual(await session.next(), { ack: { through: 1 } });
  session.send({ batch: { seq: 2, kind: 'SIGHTINGS', payload: Buffer.alloc(MAX_MESSAGE_BYTES + 1) } });
  assert.equal((await session.ended()).code, status.RESOURCE_EXHAUSTED);
  honest.send(sightings(1));
  assert.deepEqual(await honest.next(), { ack: { through: 1 } });
  assert.equal((await agent(agentId(8))).connected, false);
});

test('a message of the largest size full of empty rows is rejected by its length alone', async () => {
  const session = sessionOf(agentId(9));
  const payload = Buffer.alloc(MAX_MESSAGE_BYTES - 100, 0xc0);
  payload.set([0x63, 0x73, 2, 0xdd]);
  payload.writeUInt32BE(payload.length - 8, 4);
  session.send({ batch: { seq: 1, kind: 'SIGHTINGS', payload } });
  const reason = 'document: Too big: expected array to have <=200 items';
  assert.deepEqual(await session.next(), { reject: { seq: 1, reason } });
});

test('frames that are no protobuf end their own stream only', async () => {
  const frames = [
    Buffer.from([0, 0, 0, 0, 3, 0xff, 0xff, 0xff]),
    Buffer.from([1, 0, 0, 0, 3, 0xff, 0xff, 0xff]),
    Buffer.from([9, 9, 9, 9, 9, 9, 9]),
    Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]),
  ];
  for (const frame of frames) {
    const client = connectHttp2(`http://${aggregator.grpc}`);
    const request = client.request(sessionHeaders);
    request.on('error', () => {});
    request.resume();
    request.end(frame);
    await new Promise((closed) => request.once('close', closed));
    client.close();
  }
  await assertServes(agentId(10));
});

test('bytes that are no HTTP/2 end their own connection only', async () => {
  const [host, port] = aggregator.grpc.split(':');
  const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', `${preface}garbage after the preface`, '\0'.repeat(10_000)]) {
    const socket = connect({ host: host!, port: Number(port) });
    socket.on('error', () => {});
    socket.resume();
    socket.end(bytes);
    await new Promise((closed) => socket.once('close', closed));
  }
  await assertServes(agentId(11));
});

test('a batch with any one byte changed is stored, rejected, or ends its stream, and never the server', async () => {
  const payload = encodeDetections([detectionOf({ id: idOf(7) })]);
  const session = sessionOf(OTHER_AGENT_ID);
  const positions = Array.from({ length: 100 }, (_, at) => Math.floor((at * payload.length) / 100));
  for (const [index, at] of positions.entries()) {
    const damaged = Buffer.from(payload);
    damaged[at]! ^= 0xff;
    session.send({ batch: { seq: index + 1, kind: 'DETECTIONS', payload: damaged } });
  }
  session.end();
  assert.equal((await session.ended()).code, status.OK);
  assert.equal((await agent(OTHER_AGENT_ID)).batches, 100);
  await assertServes(agentId(12));
});

test('an agent that goes away while its batches are stored leaves the server well', async () => {
  for (let round = 0; round < 5; round++) {
    const session = sessionOf(agentId(13));
    for (let seq = 1; seq < 50; seq++) session.send(sightings(seq));
    await session.next();
    session.close();
  }
  await assertServes(agentId(14));
});

test('an agent that does not read its answers is stored no further than they fit, and the others go on', async () => {
  const id = agentId(15);
  const payload = encodeSightings([{ ...sightingOf(), ['x'.repeat(600)]: 1 }]);
  // The gRPC client reads on behalf of those who do not; bare HTTP/2 does not.
  deaf = connectHttp2(`http://${aggregator.grpc}`);
  deaf.on('error', () => {});
  const request = deaf.request(sessionHeaders);
  request.on('error', () => {});
  request.write(frameOf({ hello: helloOf(id) }));
  // Rejections of half a kilobyte each; the window of a stream has room for 64 KB of them.
  for (let seq = 1; seq <= 2000; seq++) request.write(frameOf({ batch: { seq, kind: 'SIGHTINGS', payload } }));
  await assertServes(agentId(16));
  let batches = -1;
  for (let stable = 0; stable < 20; ) {
    const now = (await agent(id))?.batches ?? 0;
    stable = now === batches ? stable + 1 : 0;
    batches = now;
  }
  assert.ok(batches > 0 && batches < 1000, `${batches} stored`);
});

test('the standard health service answers', async () => {
  const Health = makeGenericClientConstructor(service, 'Health') as never as new (
    ...parameters: [address: string, channel: ChannelCredentials]
  ) => HealthClient;
  const client = new Health(aggregator.grpc, credentials.createInsecure());
  const answer = await new Promise((resolve, reject) => {
    client.check({ service: 'connscan.v1.Uplink' }, (error, response) => (error ? reject(error) : resolve(response)));
  });
  assert.deepEqual(answer, { status: 'SERVING' });
  client.close();
});

type HealthClient = {
  check(request: { service: string }, done: (error: Error | null, response: unknown) => void): void;
  close(): void;
};
