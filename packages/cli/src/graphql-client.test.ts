import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ask, createGraphqlClient } from './graphql-client.ts';

async function asked(status: number, body: string): Promise<Promise<unknown>> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  return ask(createGraphqlClient({ url }), '{ x }', {}).finally(() => server.close());
}

test('an answer is its data', async () => {
  assert.deepEqual(await asked(200, '{"data":{"x":1}}'), { x: 1 });
});

test('a refused argument is wrong usage, in the words of the aggregator', async () => {
  const body = { errors: [{ message: 'first: must be from 1 to 200', extensions: { code: 'BAD_USER_INPUT' } }] };
  await assert.rejects(asked(200, JSON.stringify(body)), {
    code: 'BAD_USAGE',
    message: 'first: must be from 1 to 200',
  });
});

test('an aggregator that is not there, or is none, is unreachable', async () => {
  const nowhere = createGraphqlClient({ url: 'http://127.0.0.1:1/graphql' });
  await assert.rejects(ask(nowhere, '{ x }', {}), { code: 'AGGREGATOR_UNREACHABLE', message: /^--url: / });
  await assert.rejects(asked(404, 'not here'), { code: 'AGGREGATOR_UNREACHABLE' });
});

test('what is no URL is wrong usage', () => {
  for (const url of ['', '127.0.0.1:8470', 'localhost:8470/graphql', 'file:///graphql']) {
    assert.throws(
      () => createGraphqlClient({ url }),
      { code: 'BAD_USAGE', message: /^--url: must be a URL such as/ },
      url,
    );
  }
});
