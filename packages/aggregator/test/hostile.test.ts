import assert from 'node:assert/strict';
import { connect as connectHttp2, constants } from 'node:http2';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { encodeSightings } from '@connscan/wire';
import { status } from '@grpc/grpc-js';
import { AGENT_ID, helloOf, sightingOf } from './rows.ts';
import { startTestAggregator, type TestAggregator } from './test-aggregator.ts';

let aggregator: TestAggregator;

before(async () => {
  aggregator = await startTestAggregator();
});

after(async () => {
  await aggregator.stop();
});

const sessionHeaders = {
  ':method': 'POST',
  ':path': '/connscan.v1.Uplink/Session',
  'content-type': 'application/grpc',
  te: 'trailers',
};

let seq = 0;

/** An honest agent's batch is committed whatever the others do. */
async function assertServes(): Promise<void> {
  const session = aggregator.session();
  session.send({ hello: helloOf(AGENT_ID) });
  session.send({ batch: { seq: ++seq, kind: 'SIGHTINGS', payload: encodeSightings([sightingOf()]) } });
  assert.deepEqual(await session.next(), { ack: { through: seq } });
  session.close();
}

/** A bare HTTP/2 connection; errors are what is wanted of it. */
function open() {
  const client = connectHttp2(`http://${aggregator.grpc}`);
  client.on('error', () => {});
  return client;
}

test('a message that unpacks to thirty times the limit is refused, and not unpacked', async () => {
  const bomb = gzipSync(Buffer.alloc(30 * 2 ** 20), { level: 1 });
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt32BE(bomb.length, 1);
  const client = open();
  const request = client.request({ ...sessionHeaders, 'grpc-encoding': 'gzip' });
  request.on('error', () => {});
  request.resume();
  const before = process.memoryUsage().rss;
  const ended = new Promise<unknown>((resolve) => {
    request.once('trailers', (trailers) => resolve(trailers['grpc-status']));
    request.once('response', (headers) => headers['grpc-status'] && resolve(headers['grpc-status']));
  });
  request.end(Buffer.concat([head, bomb]));
  assert.equal(Number(await ended), status.RESOURCE_EXHAUSTED);
  assert.ok(process.memoryUsage().rss - before < 25 * 2 ** 20);
  client.close();
  await assertServes();
});

test('streams that are opened and reset at once, by the thousand, leave the server well', async () => {
  const client = open();
  const closed = Array.from({ length: 2000 }, () => {
    const request = client.request(sessionHeaders);
    request.on('error', () => {});
    request.close(constants.NGHTTP2_CANCEL);
    return new Promise((resolve) => request.once('close', resolve));
  });
  await Promise.all(closed);
  client.destroy();
  await assertServes();
});

test('headers beyond any use end their stream or their connection only', async () => {
  const client = open();
  const headers = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`x-${at}`, 'y'.repeat(400)]));
  const request = client.request({ ...sessionHeaders, ...headers });
  request.on('error', () => {});
  request.resume();
  request.end();
  await new Promise((resolve) => request.once('close', resolve));
  client.destroy();
  await assertServes();
});

test('a second agent that floods does not keep an honest one from being served', async () => {
  const flooder = aggregator.session();
  flooder.send({ hello: helloOf('00000000-0000-4000-8000-0000000000ff') });
  const payload = encodeSightings(Array.from({ length: 200 }, (_, at) => sightingOf({ port: 1 + at })));
  for (let number = 1; number <= 100; number++) flooder.send({ batch: { seq: number, kind: 'SIGHTINGS', payload } });
  await assertServes();
  flooder.close();
});
