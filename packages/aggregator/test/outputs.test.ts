import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encodeDetections } from '@connscan/wire';
import { Webhook } from 'standardwebhooks';
import { startHttpReceiver } from './http-receiver.ts';
import { AGENT_ID, detectionOf, helloOf } from './rows.ts';
import { startSyslogReceiver } from './syslog-receiver.ts';
import { startTestAggregator, type TestAggregator } from './test-aggregator.ts';

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;

let aggregator: TestAggregator;

before(async () => {
  aggregator = await startTestAggregator();
});

after(() => aggregator.stop());

const FIELDS = `id name kind format target state waiting delivered failed lastError lastDelivered
  filter { severity confidence alertTypes untriaged }`;

async function create(name: string, target: object, more: object = {}) {
  const { data, errors } = await aggregator.query(
    `mutation ($name: String!, $target: OutputTarget!, $format: OutputFormat, $filter: OutputFilterInput) {
      createOutput(name: $name, target: $target, format: $format, filter: $filter) {
        __typename ... on Output { ${FIELDS} } ... on UserError { message }
      }
    }`,
    { name, target, ...more },
  );
  assert.equal(errors, undefined);
  return data.createOutput;
}

async function change(name: 'removeOutput' | 'sendTest' | 'resendFailed', id: string, token?: string) {
  const fields = name === 'sendTest' ? '... on TestDelivery { delivered error }' : `... on Output { ${FIELDS} }`;
  const document = `mutation ($id: ID!) { ${name}(id: $id) { ${fields} ... on UserError { message } } }`;
  const { data, errors } = await aggregator.query(document, { id }, token);
  return errors ? errors[0]!.extensions.code : data[name];
}

test('a detection that an agent tells arrives at a webhook, by syslog and in a file, and each output says so', async () => {
  const hook = await startHttpReceiver(() => 200);
  const syslog = await startSyslogReceiver('tcp');
  await create('hook', { webhook: { url: hook.url, secret: SECRET, allowPrivate: true } });
  const settings = { ...syslog.settings, transport: 'TCP' };
  await create('siem', { syslog: settings }, { format: 'CEF', filter: { severity: 'LOW' } });
  await create('file', { file: 'detections.ndjson' }, { format: 'OCSF' });

  const session = aggregator.session();
  session.send({ hello: helloOf(AGENT_ID) });
  session.send({ batch: { seq: 1, kind: 'DETECTIONS', payload: encodeDetections([detectionOf()]) } });
  assert.deepEqual(await session.next(), { ack: { through: 1 } });
  const [{ headers, body } = assert.fail()] = await hook.received(1);
  const { data } = new Webhook(SECRET).verify(body, headers) as { data: { source: string } };
  assert.equal(data.source, '10.0.0.1');
  assert.match((await syslog.received(1))[0]!, /^<109>1 .* connscan - START - CEF:0\|connscan\|/);
  const outputs = await allDelivered();
  assert.deepEqual(
    outputs.map(({ name, state, waiting, delivered, failed, lastError }) => ({
      ...{ name, state, waiting, delivered, failed, lastError },
    })),
    ['file', 'hook', 'siem'].map((name) => ({
      ...{ name, state: 'ACTIVE', waiting: 0, delivered: 1, failed: 0, lastError: null },
    })),
  );
  const line = await readFile(join(aggregator.data, 'outputs', 'detections.ndjson'), 'utf8');
  assert.equal(JSON.parse(line).class_uid, 2004);
  for (const { id } of outputs) await change('removeOutput', id);
  await hook.close();
  await syslog.close();
});

/** The outputs when none has anything waiting. */
async function allDelivered(): Promise<(Record<string, unknown> & { id: string })[]> {
  for (;;) {
    const { data } = await aggregator.query(`{ outputs { ${FIELDS} } }`);
    if (data.outputs.every(({ waiting }: { waiting: number }) => waiting === 0)) return data.outputs;
  }
}

test('each kind can be tried, and says why it does not work', async () => {
  const hook = await startHttpReceiver((_received, _response, count) => (count === 1 ? 200 : 403));
  const syslog = await startSyslogReceiver('udp');
  const outputs = [
    await create('hook', { webhook: { url: hook.url, secret: SECRET, allowPrivate: true } }),
    await create('siem', { syslog: { ...syslog.settings, transport: 'UDP' } }),
    await create('file', { file: 'tried.ndjson' }),
  ];
  for (const { id } of outputs) {
    assert.deepEqual(await change('sendTest', id), { delivered: true, error: null });
  }
  assert.match((await syslog.received(1))[0]!, /"source":"192\.0\.2\.1"/);
  const [{ id } = assert.fail()] = outputs;
  assert.deepEqual(await change('sendTest', id), { delivered: false, error: 'the receiver answered 403' });
  const inside = await create('inside', { webhook: { url: hook.url, secret: SECRET } });
  assert.match((await change('sendTest', inside.id)).error, /^127\.0\.0\.1: is no public address/);
  for (const output of [...outputs, inside]) await change('removeOutput', output.id);
  await hook.close();
  await syslog.close();
});

test('what makes no sense is refused, and the message names the field', async () => {
  const url = 'https://example.org/hook';
  const syslog = { host: 'siem.example.org', port: 514, transport: 'TCP' };
  const refused: [object, object, RegExp][] = [
    [{ webhook: { url: 'ftp://example.org', secret: SECRET } }, {}, /^target\.webhook\.url: must be a URL such as/],
    [{ webhook: { url: 'https://a:b@example.org', secret: SECRET } }, {}, /^target\.webhook\.url: must have no user/],
    [{ webhook: { url, secret: 'whsec_short' } }, {}, /^target\.webhook\.secret: must be whsec_ and/],
    [{ webhook: { url } }, {}, /^target\.webhook\.secret: must be given/],
    [{ webhook: { url, secret: SECRET } }, { format: 'CEF' }, /^format: must be CONNSCAN or OCSF for a webhook/],
    [{ syslog: { ...syslog, port: 0 } }, {}, /^target\.syslog\.port: must be from 1 to 65535/],
    [{ syslog: { ...syslog, host: 'a b' } }, {}, /^target\.syslog\.host: must be a host name/],
    [{ file: '../x' }, {}, /^target\.file: must be the name of a file/],
    [{ file: 'x' }, { filter: { alertTypes: [] } }, /^filter\.alertTypes: must have one/],
  ];
  for (const [target, more, message] of refused) {
    const answer = await create('refused', target, more);
    assert.equal(answer.__typename, 'InvalidInput', JSON.stringify(target));
    assert.match(answer.message, message);
  }
  assert.match((await create('no name', { file: 'x' })).message, /^name: must match/);
  const { id } = await create('twice', { file: 'x' });
  assert.equal((await create('twice', { file: 'x' })).__typename, 'Conflict');
  await change('removeOutput', id);
  assert.match((await change('removeOutput', id)).message, /^there is no output/);
});

test('neither answers nor the audit log show a secret or the path of a webhook', async () => {
  const url = 'https://example.org/services/PATH-IS-SECRET?key=QUERY-IS-SECRET';
  const output = await create('secretive', { webhook: { url, secret: SECRET } });
  assert.equal(output.target, 'https://example.org');
  await change('removeOutput', output.id);
  const { data } = await aggregator.query('{ auditLog(first: 200) { nodes { action detail } } }');
  const text = JSON.stringify(data);
  assert.match(text, /OUTPUT_CREATED/);
  assert.match(text, /OUTPUT_REMOVED/);
  assert.doesNotMatch(text, /IS-SECRET|whsec_/);
});
