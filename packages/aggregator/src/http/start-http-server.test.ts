import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { ConnscanError } from '@connscan/model';
import { formatSocketAddress } from '@connscan/program';
import { startHttpServer } from './start-http-server.ts';

const free = { host: '127.0.0.1', port: 0 };
const graphql = () => {};
const nobody = {
  metrics: async () => 'up 1\n',
  authenticate: async () => ({ code: 'missing', problem: 'no token' }) as const,
};

test('a store that does not answer shows as unhealthy', async () => {
  const server = await startHttpServer(free, { ...nobody, graphql, healthy: async () => false });
  const response = await fetch(`http://${formatSocketAddress(server.address)}/healthz`);
  assert.equal(response.status, 503);
  assert.equal(await response.text(), 'the store does not answer\n');
  await server.stop();
});

test('an answer that nobody reads is ended, and holds no more than the buffers of its connection until then', async () => {
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  let written = 0;
  const endless: RequestListener = (_request, response) => {
    const pump = (): void => {
      while (response.write('x'.repeat(65_536))) written += 65_536;
      response.once('drain', pump);
    };
    response.once('close', () => end(written));
    pump();
  };
  const server = await startHttpServer(free, {
    ...nobody,
    graphql: endless,
    healthy: async () => true,
    stalledMs: 100,
  });
  const reader = connect(server.address);
  reader.pause().write('GET /graphql HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assert.ok((await ended) < 64_000_000);
  reader.destroy();
  await server.stop();
});

test('a busy port is refused with its name', async () => {
  const server = await startHttpServer(free, { ...nobody, graphql, healthy: async () => true });
  await assert.rejects(
    startHttpServer(server.address, { ...nobody, graphql, healthy: async () => true }),
    (error: ConnscanError) => {
      assert.equal(error.code, 'ADDRESS_UNUSABLE');
      assert.match(error.message, new RegExp(`^http 127\\.0\\.0\\.1:${server.address.port}: .*EADDRINUSE`));
      return true;
    },
  );
  await server.stop();
});

test('a web page of another origin is refused, its own is not', async () => {
  const server = await startHttpServer(free, { ...nobody, graphql, healthy: async () => true });
  const own = `http://${formatSocketAddress(server.address)}`;
  const statusOf = async (origin: string) => (await fetch(`${own}/healthz`, { headers: { origin } })).status;
  assert.equal(await statusOf(own), 200);
  for (const origin of ['http://example.org', 'null', `http://127.0.0.1:1`, `${own}.example.org`]) {
    assert.equal(await statusOf(origin), 403, origin);
  }
  await server.stop();
});

test('metrics are for whoever has a token, and told as unhealthy where the store does not answer', async () => {
  const viewer = {
    name: 'prometheus',
    role: 'viewer',
    expiresMs: Number.POSITIVE_INFINITY,
    tokenId: undefined,
  } as const;
  const authenticate = async (authorization: string | null) =>
    authorization === 'Bearer good' ? viewer : ({ code: 'missing', problem: 'no token' } as const);
  let works = true;
  const metrics = async () => {
    if (works) return 'up 1\n';
    throw new Error('the disk is on fire');
  };
  const server = await startHttpServer(free, { graphql, healthy: async () => true, metrics, authenticate });
  const url = `http://${formatSocketAddress(server.address)}/metrics`;
  const ask = (authorization: string) => fetch(url, { headers: { authorization } });
  const stranger = await fetch(url);
  assert.deepEqual([stranger.status, await stranger.text()], [401, 'no token\n']);
  assert.equal(stranger.headers.get('www-authenticate'), 'Bearer realm="connscan"');
  const good = await ask('Bearer good');
  assert.deepEqual([good.status, await good.text()], [200, 'up 1\n']);
  assert.match(good.headers.get('content-type')!, /^text\/plain; version=/);
  works = false;
  const failed = await ask('Bearer good');
  assert.deepEqual([failed.status, await failed.text()], [503, 'the store does not answer\n']);
  await server.stop();
});
