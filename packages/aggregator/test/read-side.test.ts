import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLogger } from '@connscan/program';
import type { KyselyPlugin } from 'kysely';
import { createFleet } from '../src/fleet/create-fleet.ts';
import type { GraphqlSources } from '../src/graphql/context.ts';
import { createGraphql } from '../src/graphql/create-graphql.ts';
import { createOpenSessions } from '../src/ingest/open-sessions.ts';
import { createPolicies } from '../src/policy/create-policies.ts';
import type { Store } from '../src/store/open-store.ts';
import { saveHello } from '../src/store/save-agent.ts';
import { administrator } from './administrator.ts';
import { commitBatch } from './commit-batch.ts';
import { noCorrelation } from './no-correlation.ts';
import { AGENT_ID, detectionOf, EPOCH, health, helloOf, idOf, listenerOf, START_MS, sightingOf } from './rows.ts';
import { openTestStore } from './test-store.ts';

const log = createLogger('test');
log.level = 'silent';

let store: Store;
let queries = 0;
let graphql: ReturnType<typeof createGraphql>;

/** Counts what the store is asked. */
const counter: KyselyPlugin = {
  transformQuery({ node }) {
    queries++;
    return node;
  },
  transformResult: async ({ result }) => result,
};

before(async () => {
  store = await openTestStore();
  const db = store.db.withPlugin(counter);
  const fleet = createFleet({ known: [], steadyMs: () => 0, wallMs: () => START_MS, onChange() {}, log });
  const sessions = createOpenSessions({ steadyMs: () => 0, onClone: () => {} });
  // The parts that queries look at.
  const parts: Partial<GraphqlSources> = {
    db,
    fleet,
    sessions,
    policies: createPolicies({ db, log }),
    authority: undefined,
  };
  const sources = { ...parts, correlation: noCorrelation } as GraphqlSources;
  graphql = createGraphql({ sources, authenticate: administrator, log, graphiql: false });

  await saveHello(store.db, helloOf(AGENT_ID));
  fleet.heard(AGENT_ID, health);
  const key = { agentId: AGENT_ID, epoch: EPOCH };
  const detections = Array.from({ length: 20 }, (_, n) =>
    detectionOf({
      id: idOf(n + 1),
      source: `10.3.0.${n + 1}`,
      severity: n < 5 ? 'high' : 'low',
      startedMs: START_MS + n,
    }),
  );
  await commitBatch(store.db, { ...key, seq: 1 }, { detections });
  const sightings = [1, 2, 3].flatMap((host) =>
    [22, 80].map((port) =>
      sightingOf({ source: '10.3.0.1', destination: `10.4.0.${host}`, port, connections: host, lastSeenMs: START_MS }),
    ),
  );
  const others = [
    sightingOf({ source: '10.3.0.2', destination: '10.4.0.1', port: 22, outcome: 'refused', listener: listenerOf() }),
    sightingOf({ source: 'fd00::1', destination: 'fd00::2', port: 443 }),
  ];
  await commitBatch(store.db, { ...key, seq: 2 }, { sightings: [...sightings, ...others] });
});
after(() => store.close());

// biome-ignore lint/suspicious/noExplicitAny: the shape is that of the query, which the test knows.
async function query(document: string): Promise<any> {
  const response = await graphql.fetch('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: document }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  const { data, errors } = (await response.json()) as any;
  return errors ? { error: errors[0].message } : data;
}

test('a page of detections takes as many queries as a single one, however many it has', async () => {
  const page = (first: number) => `{ detections(first: ${first}) { nodes {
    id triage { state } comments { text } alerts { revision } claims { id } sensors { agent { id identity { agentId } } }
    agent { id hostname policy { version } addresses } sourceAgent { id } samples { port listener { pid } }
  } } }`;
  // The policies are read once.
  await query(page(1));
  const counts: number[] = [];
  for (const first of [1, 20]) {
    const before = queries;
    const { detections } = await query(page(first));
    assert.equal(detections.nodes.length, first);
    counts.push(queries - before);
  }
  assert.equal(counts[1], counts[0]);
});

test('services are listed with their sources, pages forward and backward are the whole', async () => {
  const fields = 'nodes { address port name sources connections { outcome connections } listener { comm } }';
  const { services } = await query(`{ services { ${fields} } }`);
  assert.deepEqual(services.nodes[0], {
    ...{ address: '10.4.0.1', port: 22, name: 'ssh', sources: 2, listener: { comm: 'sshd' } },
    connections: [
      { outcome: 'RESET', connections: 1 },
      { outcome: 'REFUSED', connections: 1 },
    ],
  });
  assert.equal(services.nodes.length, 7);
  for (const [count, cursor] of [
    ['first', 'after'],
    ['last', 'before'],
  ]) {
    const found: string[] = [];
    let place = '';
    for (let more = true; more; ) {
      const info = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
      const { services: part } = await query(`{ services(${count}: 3${place}) { nodes { address port } ${info} } }`);
      const names = part.nodes.map(({ address, port }: { address: string; port: number }) => `${address} ${port}`);
      if (count === 'first') found.push(...names);
      else found.unshift(...names);
      more = count === 'first' ? part.pageInfo.hasNextPage : part.pageInfo.hasPreviousPage;
      place = `, ${cursor}: "${count === 'first' ? part.pageInfo.endCursor : part.pageInfo.startCursor}"`;
    }
    const whole = services.nodes.map(({ address, port }: { address: string; port: number }) => `${address} ${port}`);
    assert.deepEqual(found, whole);
  }
  assert.equal((await query('{ services(port: 80) { nodes { port } } }')).services.nodes.length, 3);
  assert.equal((await query('{ services(address: "fd00::2") { nodes { port } } }')).services.nodes[0].port, 443);
});

test('a source shows its services, its detections, and what it does now against the threshold', async () => {
  const { source } = await query(`{ source(address: "10.3.0.1") {
    distinctServices distinctHosts services(first: 2) { nodes { address port sources connections { connections } } }
    detections { nodes { id } } recent { abortedServices failedServices threshold periodSeconds }
    trend(bucketSeconds: 3600, by: PORT) { buckets { key count } }
  } }`);
  const { trend, ...shown } = source;
  assert.deepEqual(shown, {
    distinctServices: 6,
    distinctHosts: 3,
    services: {
      nodes: [22, 80].map((port) => ({ address: '10.4.0.1', port, sources: 1, connections: [{ connections: 1 }] })),
    },
    detections: { nodes: [{ id: idOf(1) }] },
    recent: { abortedServices: 6, failedServices: 0, threshold: 10, periodSeconds: 300 },
  });
  const ofPort = (port: string) =>
    trend.buckets
      .filter(({ key }: { key: string }) => key === port)
      .reduce((sum: number, { count }: { count: number }) => sum + count, 0);
  assert.deepEqual([ofPort('22'), ofPort('80')], [6, 6]);
  assert.deepEqual(await query('{ source(address: "10.9.9.9") { address } }'), { source: null });
  const past = 'since: "2020-01-01T00:00:00Z", until: "2020-01-02T00:00:00Z"';
  assert.deepEqual(await query(`{ source(address: "10.3.0.1", ${past}) { address } }`), { source: null });
  assert.deepEqual(await query(`{ sources(${past}) { nodes { address } } }`), { sources: { nodes: [] } });
});

test('a trend counts detections by severity and connections by outcome, in buckets that are bounded', async () => {
  const total = async (by: string) => {
    const { trend } = await query(`{ trend(by: ${by}) { buckets { at key count } } }`);
    const sums: Record<string, number> = {};
    for (const { at, key, count } of trend.buckets) {
      assert.equal(Date.parse(at) % 3_600_000, 0);
      sums[key] = (sums[key] ?? 0) + count;
    }
    return sums;
  };
  assert.deepEqual(await total('SEVERITY'), { HIGH: 5, LOW: 15 });
  assert.deepEqual(await total('OUTCOME'), { RESET: 13, REFUSED: 1 });
  assert.deepEqual(await total('PORT'), { 22: 7, 80: 6, 443: 1 });
  assert.match((await query('{ trend(by: SEVERITY, bucketSeconds: 60) { bucketSeconds } }')).error, /makes 1440$/);
  assert.match((await query('{ trend(by: PORT, bucketSeconds: 1800) { bucketSeconds } }')).error, /whole hours/);
  const reversed = 'since: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z"';
  assert.match(
    (await query(`{ trend(by: PORT, ${reversed}) { bucketSeconds } }`)).error,
    /^since: must be before until$/,
  );
});

test('the health of the fleet is the sum of its agents, and one agent is found by its id', async () => {
  const { fleetHealth } = await query(
    '{ fleetHealth { agents connected live silent droppedRecords waitingBatches lagMs policyConverged policyPending } }',
  );
  assert.deepEqual(fleetHealth, {
    ...{ agents: 1, connected: 0, live: 0, silent: 0, droppedRecords: 0, waitingBatches: 0, lagMs: 0 },
    ...{ policyConverged: 1, policyPending: 0 },
  });
  assert.deepEqual(await query(`{ agent(id: "${AGENT_ID}") { hostname } }`), { agent: { hostname: 'host' } });
  assert.deepEqual(await query(`{ agent(id: "${EPOCH}") { hostname } }`), { agent: null });
});
