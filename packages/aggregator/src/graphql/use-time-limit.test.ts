import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSchema, createYoga } from 'graphql-yoga';
import { useTimeLimit } from './use-time-limit.ts';

test('a query that takes too long is ended with an error that says so', async () => {
  const schema = createSchema({
    typeDefs: 'type Query { never: Int, now: Int }',
    resolvers: { Query: { never: () => new Promise(() => {}), now: () => 1 } },
  });
  const yoga = createYoga({ schema, plugins: [useTimeLimit(20)], logging: false });
  const slow = await yoga.fetch('http://localhost/graphql?query={now,never}');
  assert.equal(slow.status, 504);
  const { errors } = (await slow.json()) as { errors: { message: string; extensions: { code: string } }[] };
  assert.deepEqual(
    errors.map(({ message, extensions }) => [message, extensions.code]),
    [['took longer than 0.02 seconds: ask for less, or for a shorter time', 'TOO_SLOW']],
  );
  const quick = await yoga.fetch('http://localhost/graphql?query={now}');
  assert.deepEqual(await quick.json(), { data: { now: 1 } });
});
