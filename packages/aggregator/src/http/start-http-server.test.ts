import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { ConnscanError } from '@connscan/model';
import { formatSocketAddress } from '@connscan/program';
import { startHttpServer } from './start-http-server.ts';

const free = { host: '127.0.0.1', port: 0 };
const graphql = () => {};

test('a store that does not answer shows as unhealthy', async () => {
  const server = await startHttpServer(free, { graphql, healthy: async () => false });
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
  const server = await startHttpServer(free, { graphql: endless, healthy: async () => true, stalledMs: 100 });
  const reader = connect(server.address);
  reader.pause().write('GET /graphql HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assert.ok((await ended) < 64_000_000);
  reader.destroy();
  await server.stop();
});

test('a busy port is refused with its name', async () => {
  const server = await startHttpServer(free, { graphql, healthy: async () => true });
  await assert.rejects(
    startHttpServer(server.address, { graphql, healthy: async () => true }),
    (error: ConnscanError) => {
      assert.equal(error.code, 'ADDRESS_UNUSABLE');
      assert.match(error.message, new RegExp(`^http 127\\.0\\.0\\.1:${server.address.port}: .*EADDRINUSE`));
      return true;
    },
  );
  await server.stop();
});

test('a web page of another origin is refused, its own is not', async () => {
  const server = await startHttpServer(free, { graphql, healthy: async () => true });
  const own = `http://${formatSocketAddress(server.address)}`;
  const statusOf = async (origin: string) => (await fetch(`${own}/healthz`, { headers: { origin } })).status;
  assert.equal(await statusOf(own), 200);
  for (const origin of ['http://example.org', 'null', `http://127.0.0.1:1`, `${own}.example.org`]) {
    assert.equal(await statusOf(origin), 403, origin);
  }
  await server.stop();
});
