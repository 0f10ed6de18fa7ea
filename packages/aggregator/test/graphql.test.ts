import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type Detection, responseCommands } from '@connscan/model';
import { encodeDetections, encodeSightings } from '@connscan/wire';
import {
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  printSchema,
} from 'graphql';
import { createSchema } from '../src/graphql/create-schema.ts';
import { readEvents } from './read-events.ts';
import {
  AGENT_ID,
  detectionOf,
  helloOf,
  idOf,
  listenerOf,
  processOf,
  START_MS,
  sightingOf,
  snapshotOf,
} from './rows.ts';
import type { TestSession } from './session.ts';
import { startTestAggregator, type TestAggregator } from './test-aggregator.ts';

let aggregator: TestAggregator;
let session: TestSession;
let seq = 0;

before(async () => {
  aggregator = await startTestAggregator();
  session = aggregator.session();
  session.send({ hello: helloOf(AGENT_ID) });
  // Two of each start, so that the order needs the id too.
  const detections = Array.from({ length: 9 }, (_, n) =>
    detectionOf({ id: idOf(n + 1), source: `10.0.0.${n + 1}`, startedMs: START_MS + Math.floor(n / 2) }),
  );
  await commit('DETECTIONS', encodeDetections(detections));
  const sightings = Array.from({ length: 5 }, (_, n) => sightingOf({ source: `10.0.0.${n + 1}` }));
  await commit('SIGHTINGS', encodeSightings([...sightings, sightingOf({ source: 'fd00::1' })]));
});

after(() => aggregator.stop());

async function commit(kind: string, payload: Uint8Array): Promise<void> {
  seq++;
  session.send({ batch: { seq, kind, payload } });
  assert.deepEqual(await session.next(), { ack: { through: seq } });
}

function tell(change: Partial<Detection>): Promise<void> {
  return commit('DETECTIONS', encodeDetections([detectionOf(change)]));
}

const ordered = [9, 7, 8, 5, 6, 3, 4, 1, 2].map(idOf);

type PageInfo = { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
type Edge = { cursor: string; node: { id: string } };

async function page(args: string) {
  const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
  const { data, errors } = await aggregator.query(
    `{ detections(filter: { until: "${textOf(START_MS + 10)}" }, ${args}) { edges { cursor node { id } } ${pageInfo} } }`,
  );
  assert.equal(errors, undefined);
  const { edges, pageInfo: info } = data.detections as { edges: Edge[]; pageInfo: PageInfo };
  return { ids: edges.map(({ node }) => node.id), ...info };
}

function textOf(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

test('schema.graphql is what the code says: npm run schema', () => {
  const committed = readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8');
  assert.equal(`${printSchema(createSchema())}\n`, committed);
});

test('everything in the schema has a description', () => {
  const types = Object.values(createSchema().getTypeMap());
  for (const type of types.filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))) {
    assert.ok(type.description, type.name);
    if (isEnumType(type)) for (const { name, description } of type.getValues()) assert.ok(description, name);
    if (!isObjectType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      assert.ok(field.description, `${type.name}.${field.name}`);
      if ('args' in field)
        for (const { name, description } of field.args) assert.ok(description, `${field.name} ${name}`);
    }
  }
});

test('pages forward and backward together are the whole list in one order', async () => {
  const forward: string[] = [];
  let after = '';
  for (let more = true; more; ) {
    const { ids, hasNextPage, hasPreviousPage, endCursor } = await page(`first: 4${after}`);
    assert.equal(hasPreviousPage, forward.length > 0);
    forward.push(...ids);
    after = `, after: "${endCursor}"`;
    more = hasNextPage;
  }
  assert.deepEqual(forward, ordered);

  const backward: string[] = [];
  let before = '';
  for (let more = true; more; ) {
    const { ids, hasNextPage, hasPreviousPage, startCursor } = await page(`last: 4${before}`);
    assert.equal(hasNextPage, backward.length > 0);
    backward.unshift(...ids);
    before = `, before: "${startCursor}"`;
    more = hasPreviousPage;
  }
  assert.deepEqual(backward, ordered);
});

test('detections come in the order that is asked for, and a cursor of another order is refused', async () => {
  const list = (order: string, more = '') =>
    aggregator.query(`{ detections(order: ${order}, filter: { until: "${textOf(START_MS + 10)}" }, first: 9${more}) {
      nodes { id } pageInfo { endCursor }
    } }`);
  const idsOf = async (order: string) => (await list(order)).data.detections.nodes.map(({ id }: { id: string }) => id);
  assert.deepEqual(await idsOf('NEWEST'), ordered);
  assert.deepEqual(await idsOf('OLDEST'), ordered.toReversed());
  // All of one severity.
  assert.deepEqual(await idsOf('SEVERITY'), ordered);
  assert.deepEqual(await idsOf('LAST_SEEN'), ordered.toSorted());
  const { endCursor } = (await list('SEVERITY')).data.detections.pageInfo;
  for (const order of ['NEWEST', 'OLDEST', 'LAST_SEEN']) {
    const { errors = [] } = await list(order, `, after: "${endCursor}"`);
    assert.equal(errors[0]?.message, 'after: must be a cursor that this list gave', order);
  }
  assert.deepEqual((await list('SEVERITY', `, after: "${endCursor}"`)).data.detections.nodes, []);
});

test('sources come in the order of their addresses, page by page', async () => {
  const query =
    'query ($after: String) { sources(first: 4, after: $after) { nodes { address openDetections distinctServices } pageInfo { endCursor hasNextPage } } }';
  const { data: first } = await aggregator.query(query);
  const { data: second } = await aggregator.query(query, { after: first.sources.pageInfo.endCursor });
  const nodes = [...first.sources.nodes, ...second.sources.nodes];
  assert.deepEqual(
    nodes.map(({ address }) => address),
    ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', 'fd00::1'],
  );
  assert.deepEqual(nodes[0], { address: '10.0.0.1', openDetections: 1, distinctServices: 1 });
  assert.equal(second.sources.pageInfo.hasNextPage, false);
});

test('a detection tells everything that its alert told', async () => {
  const { data } = await aggregator.query(
    `query ($id: ID!) { detection(id: $id) {
      id revision model alertType state severity confidence rule threshold policyHash endReason source sourcePrefixBits distinctServices
      distinctHosts distinctPorts failedServices slowServices habitualServices connections { outcome connections } atLeast firstSeen lastSeen startedAt endedAt techniques
      responses topPorts { port hosts name } samples { destination port outcome firstSeen lastSeen connections }
      agent { hostname } alerts { revision alertType severity confidence distinctServices lastSeen }
    } }`,
    { id: idOf(1) },
  );
  assert.deepEqual(data.detection, {
    id: idOf(1),
    revision: 1,
    model: 'connscan_internal_internal',
    alertType: 'START',
    state: 'OPEN',
    severity: 'LOW',
    confidence: 'TENTATIVE',
    rule: 'THRESHOLD',
    threshold: 10,
    policyHash: null,
    endReason: null,
    source: '10.0.0.1',
    sourcePrefixBits: null,
    distinctServices: 10,
    distinctHosts: 2,
    distinctPorts: 5,
    failedServices: 0,
    slowServices: 12,
    habitualServices: 3,
    connections: [
      { outcome: 'RESET', connections: 10 },
      { outcome: 'EMPTY_CLOSE', connections: 1 },
    ],
    atLeast: false,
    firstSeen: textOf(START_MS),
    lastSeen: textOf(START_MS + 250),
    startedAt: textOf(START_MS),
    endedAt: null,
    techniques: ['T1046'],
    responses: responseCommands({ source: '10.0.0.1' }),
    topPorts: [{ port: 22, hosts: 2, name: 'ssh' }],
    samples: [
      {
        destination: '10.0.0.2',
        port: 22,
        outcome: 'RESET',
        firstSeen: textOf(START_MS),
        lastSeen: textOf(START_MS + 250),
        connections: 1,
      },
    ],
    agent: { hostname: 'host' },
    alerts: [
      {
        revision: 1,
        alertType: 'START',
        severity: 'LOW',
        confidence: 'TENTATIVE',
        distinctServices: 10,
        lastSeen: textOf(START_MS + 250),
      },
    ],
  });
  assert.deepEqual(await aggregator.query('query ($id: ID!) { detection(id: $id) { id } }', { id: 'f'.repeat(32) }), {
    data: { detection: null },
  });
});

test('a detection tells who did it and who was listening, and null for what is unknown', async () => {
  const source = '10.8.0.1';
  const container = { id: '0123456789abcdef'.repeat(4), runtime: 'docker' };
  const exe = { path: '/usr/bin/nmap', deleted: false, package: 'nmap', sizeBytes: 2 ** 33, modifiedMs: START_MS };
  await commit('SIGHTINGS', encodeSightings([sightingOf({ source, listener: listenerOf({ unit: 'ssh.service' }) })]));
  await tell({
    id: idOf(80),
    source,
    process: processOf({ uid: 2 ** 32 - 2, parent: { pid: 60 }, cgroupId: '18446744073709551615' }),
    snapshot: snapshotOf({
      commandLine: ['nmap', '-sT'],
      exe,
      loginSession: { id: 3, uid: 1000, user: 'alice' },
      container,
      unknown: ['cwd: permission'],
    }),
  });
  const { data } = await aggregator.query(
    `query ($id: ID!) { detection(id: $id) {
      samples { listener { pid comm exe unit } }
      process { pid startedAt comm exe parent { pid comm } uid user cgroupId containerId }
      snapshot {
        takenAt tree { pid startedAt comm exe commandLine uid user } commandLine cwd user unknown
        exe { path sha256 deleted package sizeBytes modifiedAt }
        loginSession { id uid user } container { id runtime }
      }
    } }`,
    { id: idOf(80) },
  );
  assert.deepEqual(data.detection, {
    samples: [{ listener: { pid: 411, comm: 'sshd', exe: null, unit: 'ssh.service' } }],
    process: {
      pid: 70,
      startedAt: textOf(START_MS - 1000),
      comm: 'nmap',
      exe: null,
      parent: { pid: 60, comm: null },
      uid: 2 ** 32 - 2,
      user: null,
      cgroupId: '18446744073709551615',
      containerId: null,
    },
    snapshot: {
      takenAt: textOf(START_MS + 500),
      tree: [{ pid: 70, startedAt: null, comm: 'nmap', exe: null, commandLine: null, uid: null, user: null }],
      commandLine: ['nmap', '-sT'],
      cwd: null,
      user: null,
      unknown: ['cwd: permission'],
      exe: {
        path: '/usr/bin/nmap',
        sha256: null,
        deleted: false,
        package: 'nmap',
        sizeBytes: 2 ** 33,
        modifiedAt: textOf(START_MS),
      },
      loginSession: { id: 3, uid: 1000, user: 'alice' },
      container,
    },
  });
  const { data: bare } = await aggregator.query(
    'query ($id: ID!) { detection(id: $id) { process { pid } snapshot { cwd } samples { listener { pid } } } }',
    { id: idOf(1) },
  );
  assert.deepEqual(bare.detection, { process: null, snapshot: null, samples: [{ listener: null }] });
});

test('an argument that cannot be used is named, with what would be right', async () => {
  const list = (args: string) => `{ detections(${args}) { nodes { id } } }`;
  const cases: [string, RegExp, object?][] = [
    [list('first: 0'), /^first: must be from 1 to 200, is 0$/],
    [list('last: 201'), /^last: must be from 1 to 200, is 201$/],
    [list('first: 1, last: 1'), /^last: cannot be given together with first$/],
    [list('after: "zzz"'), /^after: must be a cursor that this list gave$/],
    [list('filter: { source: "10.0.0" }'), /^filter\.source: must be an IPv4 or IPv6 address such as 10\.0\.0\.1$/],
    [list('filter: { severity: [HUGE] }'), /^filter\.severity: Value "HUGE" does not exist in "Severity" enum/],
    [list('filter: { since: "yesterday" }'), /^filter\.since: must be a time with its zone such as/],
    [list('filter: { port: 0 }'), /^filter\.port: must be from 1 to 65535, is 0$/],
    [list('filter: { agentId: "me" }'), /^filter\.agentId: must be a UUID such as/],
    [list('filter: { colour: 1 }'), /^filter\.colour: Field "colour" is not defined/],
    ['{ detection(id: "1") { id } }', /^id: must be 32 lower-case hexadecimal digits$/],
    ['{ sources(after: "zzz") { nodes { address } } }', /^after: must be a cursor that this list gave$/],
    [
      'query ($filter: DetectionFilter) { detections(filter: $filter) { nodes { id } } }',
      /^Variable "\$filter" got invalid value "x" at "filter\.source"; must be an IPv4 or IPv6 address/,
      { filter: { source: 'x' } },
    ],
  ];
  for (const [query, message, variables] of cases) {
    const { errors = [] } = await aggregator.query(query, variables);
    assert.match(errors[0]?.message ?? '', message, query);
    assert.equal(errors[0]?.extensions.code, 'BAD_USER_INPUT', query);
  }
});

test('a subscription tells each committed alert that matches once, as it was at that moment', async () => {
  const fields = 'missed detection { id revision severity agent { id } }';
  const events = await readEvents(
    aggregator,
    `subscription { detections(filter: { source: "10.9.0.1" }) { ${fields} } }`,
  );
  await tell({ id: idOf(90), source: '10.9.0.2' });
  await tell({ id: idOf(91), source: '10.9.0.1' });
  await tell({ id: idOf(91), source: '10.9.0.1' });
  await tell({ id: idOf(91), source: '10.9.0.1', revision: 2, severity: 'high' });
  for (const [revision, severity] of [
    [1, 'LOW'],
    [2, 'HIGH'],
  ]) {
    const { data } = await events.next();
    assert.deepEqual(data.detections, {
      missed: 0,
      detection: { id: idOf(91), revision, severity, agent: { id: AGENT_ID } },
    });
  }
  await events.close();
});

test('a subscription with a bad filter is refused', async () => {
  const events = await readEvents(aggregator, 'subscription { detections(filter: { port: 0 }) { missed } }');
  const { errors } = await events.next();
  assert.match(errors[0].message, /^filter\.port: must be from 1 to 65535/);
  await events.close();
});

test('requests that are no GraphQL are refused, and the server answers afterwards', async () => {
  const post = async (body: string, contentType = 'application/json') => {
    const headers = { 'content-type': contentType, authorization: `Bearer ${aggregator.token}` };
    const response = await fetch(`${aggregator.origin}/graphql`, { method: 'POST', body, headers });
    await response.text();
    return response.status;
  };
  assert.equal(await post('garbage'), 400);
  assert.equal(await post('[]'), 400);
  assert.equal(await post(JSON.stringify({ query: 'x'.repeat(200_000) })), 413);
  assert.equal(await post('{}', 'image/png'), 415);
  const long = await aggregator.query(`{ ${'agents { id } '.repeat(300)} }`);
  assert.match(long.errors?.[0]?.message ?? '', /1000 tokens/);
  const deep = await aggregator.query('{'.repeat(5000));
  assert.ok(deep.errors);
  assert.deepEqual((await aggregator.query('{ agents { id } }')).data, { agents: [{ id: AGENT_ID }] });
});

test('requests that are no HTTP, or hardly any, are refused, and the server answers afterwards', async () => {
  const { port } = new URL(aggregator.origin);
  const host = 'Host: localhost\r\n';
  const requests = [
    `GET // HTTP/1.1\r\n${host}\r\n`,
    `GET http://[ HTTP/1.1\r\n${host}\r\n`,
    `GET /graphql?query=%ZZ&variables=%00 HTTP/1.1\r\n${host}\r\n`,
    `GET /graphql?query={agents{id}}&variables=[[[ HTTP/1.1\r\n${host}\r\n`,
    'GET /graphql HTTP/1.1\r\n\r\n',
    'GET /graphql HTTP/1.0\r\n\r\n',
    `GET /graphql HTTP/1.1\r\nHost: [\r\n\r\n`,
    `POST /graphql HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 9999\r\n\r\n{"query":`,
    `POST /graphql HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n`,
    `BREW /graphql HTTP/1.1\r\n${host}\r\n`,
    `OPTIONS /graphql HTTP/1.1\r\n${host}\r\n`,
    `PUT /graphql HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n{}`,
    '\0'.repeat(100_000),
  ];
  for (const bytes of requests) {
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    socket.on('error', () => {});
    socket.resume();
    socket.end(bytes);
    await new Promise((closed) => socket.once('close', closed));
  }
  assert.deepEqual((await aggregator.query('{ agents { id } }')).data, { agents: [{ id: AGENT_ID }] });
});

test('only a loopback name of the host is answered, without leave for other origins', async () => {
  const statusFor = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(`${aggregator.origin}/healthz`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  for (const host of ['localhost', '127.0.0.1:1', 'LOCALHOST:80', '[::1]:9'])
    assert.equal(await statusFor(host), 200, host);
  for (const host of ['evil.example', '127.0.0.1.evil.example', '10.0.0.1:8470'])
    assert.equal(await statusFor(host), 403, host);
  const { headers } = await fetch(`${aggregator.origin}/graphql?query={agents{id}}`, {
    headers: { origin: 'http://evil.example' },
  });
  assert.equal(headers.get('access-control-allow-origin'), null);
});

test('there is no page without --graphiql, and no other path', async () => {
  const accept = { headers: { accept: 'text/html' } };
  const page = await fetch(`${aggregator.origin}/graphql`, accept);
  assert.doesNotMatch(await page.text(), /<html/);
  assert.equal((await fetch(`${aggregator.origin}/`, accept)).status, 404);
});
