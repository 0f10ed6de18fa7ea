import assert from 'node:assert/strict';
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
