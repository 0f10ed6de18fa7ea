import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestAggregator, type TestAggregator } from './test-aggregator.ts';

let aggregator: TestAggregator;
let analyst: string;

before(async () => {
  aggregator = await startTestAggregator();
  const made = await aggregator.query(
    'mutation { createApiToken(name: "soc", role: ANALYST) { ... on NewApiToken { token } } }',
  );
  analyst = made.data.createApiToken.token;
});
after(() => aggregator.stop());

async function change(mutation: string, token?: string) {
  const kept = mutation.includes('Habit')
    ? '... on Habit { port decision }'
    : '... on Exception { name owner document }';
  const { data, errors } = await aggregator.query(
    `mutation { result: ${mutation} { __typename ${kept} ... on UserError { message } } }`,
    {},
    token,
  );
  assert.deepEqual(errors, undefined);
  return data.result;
}

async function listed() {
  const { data } = await aggregator.query('{ exceptions { name ports owner reason expired hits } }');
  return data.exceptions;
}

const exceptionOf = (name: string, rest: string) => `input: { name: "${name}", reason: "FY26-7", ${rest} }`;

test('an exception is made, replaced and removed, and is a part of a policy document', async () => {
  const made = await change(`createException(${exceptionOf('backup', 'ports: [873]')})`);
  assert.deepEqual(made, {
    ...{ __typename: 'Exception', name: 'backup', document: 'exceptions' },
    owner: 'api-token first-admin',
  });
  assert.match((await change(`createException(${exceptionOf('backup', 'ports: [22]')})`)).message, /update it/);
  await change(`updateException(${exceptionOf('backup', 'ports: [873, 22], owner: "storage"')})`);
  assert.deepEqual(await listed(), [
    { name: 'backup', ports: [873, 22], owner: 'storage', reason: 'FY26-7', expired: false, hits: 0 },
  ]);
  await change('removeException(name: "backup", reason: "gone")');
  assert.deepEqual(await listed(), []);
});

test('an analyst makes exceptions that end, and none for ever', async () => {
  const forEver = await change(`createException(${exceptionOf('mine', 'ports: [22]')})`, analyst);
  assert.match(forEver.message, /input.expiresAt: must be given by an analyst/);
  const ending = exceptionOf('mine', 'ports: [22], expiresAt: "2099-01-01T00:00:00Z"');
  assert.equal((await change(`createException(${ending})`, analyst)).name, 'mine');
});

test('an exception that is none names what would be right, and nothing changes', async () => {
  const before = await listed();
  assert.match((await change(`createException(${exceptionOf('all', '')})`)).message, /at least one of/);
  assert.match((await change('removeException(name: "nobody")')).message, /there is no exception nobody/);
  assert.deepEqual(await listed(), before);
});

test('a habit is pinned, listed and taken back', async () => {
  const service = 'source: "10.0.0.5", destination: "10.0.0.9", port: 443';
  assert.deepEqual(await change(`pinHabit(${service}, reason: "our checker")`), {
    ...{ __typename: 'Habit', port: 443, decision: 'PINNED' },
  });
  const list = async () => (await aggregator.query('{ habits { source port decision } }')).data.habits;
  assert.deepEqual(await list(), [{ source: '10.0.0.5', port: 443, decision: 'PINNED' }]);
  await change(`forgetHabit(${service})`);
  assert.deepEqual(await list(), []);
});
