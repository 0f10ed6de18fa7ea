import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MAX_OF_ACTOR } from '../src/live/open-subscriptions.ts';
import { readEvents } from './read-events.ts';
import { startTestAggregator, type TestAggregator } from './test-aggregator.ts';

let aggregator: TestAggregator;
before(async () => {
  aggregator = await startTestAggregator();
});
after(() => aggregator.stop());

/** What the server says to a request of an administrator. */
async function request(path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${aggregator.token}`, ...init.headers };
  const response = await fetch(`${aggregator.origin}${path}`, { ...init, headers });
  return { status: response.status, text: await response.text() };
}

function post(body: unknown, contentType = 'application/json') {
  return request('/graphql', {
    method: 'POST',
    headers: { 'content-type': contentType },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** The one error of a query that is refused before it is looked at. */
async function errorOf(query: string, variables?: object): Promise<{ message: string; code: string }> {
  const { data, errors = [] } = await aggregator.query(query, variables);
  assert.equal(data ?? null, null);
  assert.equal(errors.length, 1, JSON.stringify(errors));
  return { message: errors[0]!.message, code: errors[0]!.extensions.code };
}

test.afterEach(async () => {
  assert.deepEqual((await aggregator.query('{ viewer { role } }')).data, { viewer: { role: 'ADMIN' } });
});

test('a query that is too deep is refused', async () => {
  // No type leads back to itself but those of the schema.
  const around = (levels: number): string => (levels === 0 ? 'name' : `name ofType { ${around(levels - 1)} }`);
  const { status } = await post({ query: `{ __schema { types { fields { type { ${around(40)} } } } } }` });
  assert.equal(status, 200);
  const looped = (levels: number): string => (levels === 0 ? 'name' : `fields { type { ${looped(levels - 1)} } }`);
  assert.match((await errorOf(`{ __schema { types { ${looped(3)} } } }`)).message, /Maximum introspection depth/);
  assert.match((await errorOf('{'.repeat(5000))).message, /Syntax Error/);
});

test('a field that is asked for again and again by aliases is refused', async () => {
  const { message } = await errorOf(`{ ${Array.from({ length: 31 }, (_, n) => `a${n}: agents { id }`).join(' ')} }`);
  assert.equal(message, 'Syntax Error: Aliases limit of 30 exceeded, found 31.');
  const spread = 'fragment F on Query { a: viewer { role } b: viewer { role } c: viewer { role } d: viewer { role } }';
  const fragments = `${spread} { ${'...F '.repeat(8)} }`;
  assert.match((await errorOf(fragments)).message, /Aliases limit of 30 exceeded, found 32/);
});

test('a query with too many tokens is refused', async () => {
  assert.match((await errorOf(`{ ${'viewer { role } '.repeat(300)} }`)).message, /contains more that 1000 tokens/);
});

test('a query that asks for too many objects is refused, whatever its variables hide', async () => {
  const page =
    'nodes { topPorts { port } samples { port listener { pid } } snapshot { tree { pid } } alerts { revision } }';
  const costly = await errorOf(
    `{ a: detections(first: 200) { ${page} } b: detections(last: 200) { ${page} } c: detections(first: 200) { ${page} } }`,
  );
  assert.equal(costly.code, 'TOO_COSTLY');
  assert.match(costly.message, /^asks for \d+ objects, .*; 25000 are allowed$/);
  const query = `query Costly($n: Int) { a: detections(first: $n) { ${page} } b: detections(first: $n) { ${page} } c: detections(last: $n) { ${page} } }`;
  assert.equal((await errorOf(query, { n: 200 })).code, 'TOO_COSTLY');
  assert.deepEqual((await aggregator.query(query, { n: 1 })).data, {
    a: { nodes: [] },
    b: { nodes: [] },
    c: { nodes: [] },
  });
  const wide = await errorOf(`{ ${'viewer { name role } '.repeat(180)} }`);
  assert.match(wide.message, /^asks for 540 fields; 500 are allowed$/);
  const second = await post({
    query: `query Cheap { viewer { role } } ${query}`,
    operationName: 'Costly',
    variables: { n: 200 },
  });
  assert.match(second.text, /TOO_COSTLY/);
});

test('a batch is refused', async () => {
  const { status, text } = await post([{ query: '{ viewer { role } }' }, { query: '{ viewer { role } }' }]);
  assert.equal(status, 400);
  assert.match(text, /Batching is not supported/);
});

test('a mutation by GET is refused, and changes nothing', async () => {
  const mutation = 'mutation { createApiToken(name: "by-get", role: ADMIN) { __typename } }';
  const { status, text } = await request(`/graphql?query=${encodeURIComponent(mutation)}`);
  assert.equal(status, 405);
  assert.match(text, /Can only perform a mutation operation from a POST request/);
  const { data } = await aggregator.query('{ apiTokens { nodes { name } } }');
  assert.deepEqual(data.apiTokens.nodes, [{ name: 'first-admin' }]);
});

test('what a form or a page of another origin can send is refused', async () => {
  const mutation = 'mutation { createApiToken(name: "forged", role: ADMIN) { __typename } }';
  for (const [body, type] of [
    [`query=${encodeURIComponent(mutation)}`, 'application/x-www-form-urlencoded'],
    [JSON.stringify({ query: mutation }), 'text/plain'],
    [mutation, 'application/graphql'],
  ] as const) {
    assert.equal((await post(body, type)).status, 415, type);
  }
  const origin = 'https://example.org';
  const init = { method: 'POST', body: JSON.stringify({ query: mutation }) };
  const crossed = await request('/graphql', { ...init, headers: { 'content-type': 'application/json', origin } });
  assert.equal(crossed.status, 403);
  const { data } = await aggregator.query('{ apiTokens { nodes { name } } }');
  assert.deepEqual(data.apiTokens.nodes, [{ name: 'first-admin' }]);
});

test('a request that is too large is refused', async () => {
  assert.equal((await post({ query: `{ viewer { role } } # ${'x'.repeat(200_000)}` })).status, 413);
  assert.equal((await request('/graphql', { headers: { 'x-long': 'x'.repeat(20_000) } })).status, 431);
});

test('idle subscriptions are bounded for each token, and one that ends makes room', async () => {
  const query = 'subscription { detections { missed } }';
  const idle = await Promise.all(Array.from({ length: MAX_OF_ACTOR }, () => readEvents(aggregator, query)));
  const init = { method: 'POST', body: JSON.stringify({ query }) };
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const refused = await request('/graphql', { ...init, headers });
  assert.equal(refused.status, 429);
  assert.match(refused.text, /too many subscriptions are open: 20 of one token or user, 500 in all/);
  await Promise.all(idle.map((events) => events.close()));
  for (;;) {
    // The server hears of a closed connection in its own time.
    const response = await fetch(`${aggregator.origin}/graphql`, {
      ...init,
      headers: { ...headers, authorization: `Bearer ${aggregator.token}` },
    });
    await response.body?.cancel();
    if (response.status === 200) break;
    assert.equal(response.status, 429);
  }
});
