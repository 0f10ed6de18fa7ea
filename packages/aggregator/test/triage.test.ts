import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeDetections } from '@connscan/wire';
import { AGENT_ID, detectionOf, helloOf, idOf } from './rows.ts';
import { startTestAggregator, type TestAggregator } from './test-aggregator.ts';

let aggregator: TestAggregator;
let analyst: string;
const [FIRST, SECOND] = [idOf(1), idOf(2)];

before(async () => {
  aggregator = await startTestAggregator();
  const made = await aggregator.query(
    'mutation { createApiToken(name: "soc", role: ANALYST) { ... on NewApiToken { token } } }',
  );
  analyst = made.data.createApiToken.token;
  const session = aggregator.session();
  session.send({ hello: helloOf(AGENT_ID) });
  const payload = encodeDetections([
    detectionOf({ id: FIRST, source: '10.1.0.1' }),
    detectionOf({ id: SECOND, source: '10.2.0.1' }),
  ]);
  session.send({ batch: { seq: 1, kind: 'DETECTIONS', payload } });
  assert.deepEqual(await session.next(), { ack: { through: 1 } });
});
after(() => aggregator.stop());

const FIELDS = 'id triage { state verdict actor } comments { actor text }';

async function judge(mutation: string, token = analyst) {
  const { data, errors } = await aggregator.query(
    `mutation { result: ${mutation} { __typename ... on TriagedDetections { detections { ${FIELDS} } } ... on UserError { message } } }`,
    {},
    token,
  );
  return { ...data?.result, errors };
}

async function found(filter: string): Promise<string[]> {
  const { data } = await aggregator.query(`{ detections(filter: { ${filter} }) { nodes { id } } }`);
  return data.detections.nodes.map(({ id }: { id: string }) => id).sort();
}

test('detections are acknowledged, resolved and commented on, many at a time, and found by it', async () => {
  assert.deepEqual(await found('triage: [NEW]'), [FIRST, SECOND]);
  const both = await judge(`acknowledgeDetections(ids: ["${FIRST}", "${SECOND}"])`);
  const acknowledged = { state: 'ACKNOWLEDGED', verdict: null, actor: 'api-token soc' };
  assert.deepEqual(both.detections, [
    { id: FIRST, triage: acknowledged, comments: [] },
    { id: SECOND, triage: acknowledged, comments: [] },
  ]);
  const resolved = await judge(`resolveDetections(ids: ["${SECOND}"], verdict: BENIGN, comment: " our scanner ")`);
  assert.deepEqual(resolved.detections, [
    {
      id: SECOND,
      triage: { state: 'RESOLVED', verdict: 'BENIGN', actor: 'api-token soc' },
      comments: [{ actor: 'api-token soc', text: 'our scanner' }],
    },
  ]);
  await judge(`commentDetections(ids: ["${SECOND}"], text: "moved to night")`);
  assert.deepEqual(await found('triage: [ACKNOWLEDGED]'), [FIRST]);
  assert.deepEqual(await found('triage: [RESOLVED, ACKNOWLEDGED]'), [FIRST, SECOND]);
  const { data } = await aggregator.query('{ auditLog(first: 4) { nodes { action actor subject detail } } }');
  assert.deepEqual(
    data.auditLog.nodes.map(({ action, subject }: { action: string; subject: string }) => [action, subject]),
    [
      ['DETECTION_COMMENTED', SECOND],
      ['DETECTION_RESOLVED', SECOND],
      ['DETECTION_ACKNOWLEDGED', SECOND],
      ['DETECTION_ACKNOWLEDGED', FIRST],
    ],
  );
});

test('if one of the detections does not exist, nothing is changed', async () => {
  const before = await found('triage: [RESOLVED]');
  const { __typename, message } = await judge(
    `resolveDetections(ids: ["${FIRST}", "${'f'.repeat(32)}"], verdict: FALSE_POSITIVE)`,
  );
  assert.equal(__typename, 'NotFound');
  assert.match(message, /^there is no detection f{32}; nothing was changed$/);
  assert.deepEqual(await found('triage: [RESOLVED]'), before);
});

test('what cannot be is refused by name, and a viewer judges nothing', async () => {
  for (const [mutation, problem] of [
    ['acknowledgeDetections(ids: [])', /^ids: must be from 1 to 200, are 0$/],
    ['acknowledgeDetections(ids: ["x"])', /^ids: must be 32 lower-case hexadecimal digits$/],
    [`commentDetections(ids: ["${FIRST}"], text: " ")`, /^text: must be a text of 1 to 4000 characters$/],
  ] as const) {
    assert.match((await judge(mutation)).message, problem);
  }
  const { data } = await aggregator.query(
    'mutation { createApiToken(name: "wall", role: VIEWER) { ... on NewApiToken { token } } }',
  );
  const { errors } = await judge(`acknowledgeDetections(ids: ["${FIRST}"])`, data.createApiToken.token);
  assert.equal(
    errors?.[0]?.message,
    'Mutation.acknowledgeDetections: needs the role analyst, api-token wall has viewer',
  );
});

test('detections are found by the network of their source', async () => {
  assert.deepEqual(await found('network: "10.1.0.0/16"'), [FIRST]);
  assert.deepEqual(await found('network: "10.0.0.0/8"'), [FIRST, SECOND]);
  assert.deepEqual(await found('network: "fc00::/7"'), []);
  const { errors } = await aggregator.query('{ detections(filter: { network: "10.0.0.0/33" }) { nodes { id } } }');
  assert.match(
    errors?.[0]?.message ?? '',
    /^filter\.network: must be a network such as 10\.0\.0\.0\/8, or an address$/,
  );
});
