import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { type Policy, policyHash } from '@connscan/model';
import { createLogger, formatSocketAddress } from '@connscan/program';
import type { Health, PolicyMessage, PolicyState } from '@connscan/wire';
import type { ExecutionResult } from 'graphql';
import { sql } from 'kysely';
import { createFleet } from '../src/fleet/create-fleet.ts';
import { createGraphql } from '../src/graphql/create-graphql.ts';
import { insecureIdentity } from '../src/identity/start-identity.ts';
import { createCommitter } from '../src/ingest/create-committer.ts';
import { createOpenSessions } from '../src/ingest/open-sessions.ts';
import { createRowQuota } from '../src/ingest/row-quota.ts';
import { startUplinkServer, type UplinkServer } from '../src/ingest/start-uplink-server.ts';
import { createLiveAgents } from '../src/live/live-agents.ts';
import { createLiveDetections } from '../src/live/live-detections.ts';
import { createPolicies } from '../src/policy/create-policies.ts';
import { createRollouts } from '../src/policy/create-rollouts.ts';
import { openStore, type Store } from '../src/store/open-store.ts';
import type { Labels } from '../src/store/schema.ts';
import { createWhatIfs } from '../src/tuning/create-what-ifs.ts';
import { administrator, noSubscriptions } from './administrator.ts';
import { noCorrelation } from './no-correlation.ts';
import { noOutputs } from './no-outputs.ts';
import { openPolicySession } from './policy-session.ts';
import { health } from './rows.ts';

const MODEL = 'connscan_internal_internal';
const log = createLogger('test');
log.level = 'silent';

let data: string;
let store: Store;
let server: UplinkServer;
let policies: ReturnType<typeof createPolicies>;
let graphql: ReturnType<typeof createGraphql>;
const agents: { close(): void }[] = [];

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'connscan-policies-'));
  store = await openStore(data, () => {});
});

/** Every test has an aggregator that knows of no policy, on one store. */
beforeEach(async () => {
  await stop();
  await sql`truncate policies, agent_policies, rollouts, audit`.execute(store.db);
  policies = createPolicies({ db: store.db, log });
  await startServer();
});

async function startServer(): Promise<void> {
  const { db } = store;
  const sessions = createOpenSessions({ steadyMs: () => 0, onClone: () => {} });
  const live = createLiveDetections({ queueLength: 1 });
  const fleet = createFleet({ known: [], steadyMs: () => 0, wallMs: () => 0, onChange() {}, log });
  const committer = createCommitter({ db, hold: async () => {}, days: { cover: async () => {} }, onCommitted() {} });
  const rowQuota = createRowQuota({ rowsPerSecond: 1000, steadyMs: () => 0 });
  const whatIfs = createWhatIfs({ ...store, log });
  const context = { db, live, committer, rowQuota, sessions, policies, fleet, wallTimeMs: Date.now, log };
  server = await startUplinkServer({ host: '127.0.0.1', port: 0 }, { ...insecureIdentity, ...context });
  graphql = createGraphql({
    authenticate: administrator,
    sources: {
      whatIfs,
      rollouts: createRollouts({ ...context, whatIfs, nowMs: Date.now }),
      ...context,
      outputs: noOutputs,
      correlation: noCorrelation,
      liveAgents: createLiveAgents({ queueLength: 1 }),
      subscriptions: noSubscriptions,
      authority: undefined,
    },
    log,
    graphiql: false,
  });
}

async function stop(): Promise<void> {
  for (const agent of agents.splice(0)) agent.close();
  await server?.stop();
}

after(async () => {
  await stop();
  await store.close();
  await rm(data, { recursive: true });
});

async function query(document: string, variables: object = {}) {
  const response = await graphql.fetch('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: document, variables }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the shape is that of the query, which the test knows.
  return (await response.json()) as ExecutionResult<any>;
}

const SET = `mutation ($name: String, $selector: [LabelInput!], $document: String!) {
  setPolicy(name: $name, selector: $selector, document: $document, reason: "a test") {
    ... on Policy { version } ... on UserError { message }
  }
}`;

/** The version of the document that was set, or why it was refused. */
async function set(document: object | string, { name, selector }: { name?: string; selector?: Labels } = {}) {
  const labels = Object.entries(selector ?? {}).map(([label, value]) => ({ name: label, value }));
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const { data, errors } = await query(SET, { name, selector: labels, document: text });
  assert.equal(errors, undefined);
  return (data.setPolicy.message ?? data.setPolicy.version) as number | string;
}

const low = (count: number) => ({ models: { [MODEL]: { thresholds: { low: count, medium: 100, high: 1000 } } } });

/** Enrolls an agent with labels. */
async function enroll(labels: Labels): Promise<string> {
  const [agentId, token] = [randomUUID(), randomUUID()];
  const text = JSON.stringify(labels);
  await sql`
    insert into enroll_tokens (id, secret_hash, labels, max_uses, created, expires)
    values (${token}, ''::bytea, ${text}::jsonb, 1, now(), now())`.execute(store.db);
  await sql`
    insert into identities (agent_id, token_id, hostname, labels, enrolled, renewed, certificate_expires)
    values (${agentId}, ${token}, 'host', ${text}::jsonb, now(), now(), now())`.execute(store.db);
  return agentId;
}

function connect(agentId: string, inForce?: { version: number; hash: string }) {
  const agent = openPolicySession(formatSocketAddress(server.address), agentId, inForce);
  agents.push(agent);
  return agent;
}

const FOLLOWING = `{ agents { id policy {
  desired { version hash documents } inForce { version hash } version progress notes
} } }`;

async function followingOf(agentId: string) {
  const { data } = await query(FOLLOWING);
  return data.agents.find(({ id }: { id: string }) => id === agentId).policy;
}

const lowOf = ({ document }: PolicyMessage) => (JSON.parse(document) as Policy).models[MODEL].thresholds.low;

test('two agents with different labels get different policies, at their Hello and when they change', async () => {
  await set(low(20));
  await set({ maxOriginatorBytes: 4, ...low(30) }, { name: 'site-a', selector: { site: 'a' } });
  const [here, there] = await Promise.all([enroll({ site: 'a' }), enroll({ site: 'b' })]);
  const [first, second] = [connect(here), connect(there)];
  const [one, other] = [await first.policy(), await second.policy()];
  assert.deepEqual([lowOf(one), lowOf(other)], [30, 20]);
  assert.deepEqual([one.version, other.version, one.rollback, other.rollback], [2, 2, false, false]);
  assert.equal(one.hash, policyHash(JSON.parse(one.document)));

  await set(low(7), { name: 'site-a', selector: { site: 'a' } });
  const [next, same] = [await first.policy(), await second.policy()];
  assert.deepEqual([lowOf(next), JSON.parse(next.document).maxOriginatorBytes, next.version], [7, 16, 3]);
  assert.deepEqual([same.hash, same.version], [other.hash, 3]);
  assert.deepEqual((await followingOf(here)).desired, { version: 3, hash: next.hash, documents: [1, 3] });
});

test('without any policy an agent is asked for nothing, and nothing is desired of it', async () => {
  const agentId = await enroll({});
  const agent = connect(agentId);
  agent.tell({ version: 0, hash: 'abc', progress: 'APPLIED', notes: [] });
  await set(low(9));
  assert.equal(lowOf(await agent.policy()), 9);
  assert.deepEqual(agent.received, []);
});

test('what an agent tells is kept: what is in force, how far it is, and its notes', async () => {
  const agentId = await enroll({});
  await set(low(9));
  const agent = connect(agentId);
  const { version, hash } = await agent.policy();
  const told = async (state: PolicyState) => {
    agent.tell(state);
    for (;;) {
      const { progress, notes, inForce, version: of } = await followingOf(agentId);
      if (progress === state.progress && of === state.version) return { inForce, notes };
    }
  };
  const before = { version: 0, hash: '0000000000000000' };
  assert.deepEqual(await told({ version, hash: before.hash, progress: 'APPLYING', notes: [] }), {
    inForce: before,
    notes: [],
  });
  const notes = ['exceptions.all: left out'];
  assert.deepEqual(await told({ version, hash: 'clamped', progress: 'APPLIED', notes }), {
    inForce: { version, hash: 'clamped' },
    notes,
  });
  const failed: PolicyState = { version: 2, hash: 'clamped', progress: 'FAILED', notes: ['colour: unknown'] };
  assert.deepEqual(await told(failed), { inForce: { version, hash: 'clamped' }, notes: failed.notes });
  assert.equal((await followingOf(agentId)).desired.hash, hash);
});

test('a document with problems is refused with all of them, and changes nothing', async () => {
  const problems = `${await set('maxOriginatorBytes: -1\ncolour: red\n')}`;
  assert.match(problems, /document: maxOriginatorBytes/);
  assert.match(problems, /colour/);
  assert.match(`${await set('{')}`, /document: /);
  assert.match(`${await set('just text')}`, /document: /);
  assert.deepEqual((await query('{ policies { version } }')).data.policies, []);
});

test('documents that do not go together for the labels of an agent are refused', async () => {
  await enroll({ site: 'c', role: 'db' });
  const many = (from: number) => ({
    exceptions: Array.from({ length: 600 }, (_, index) => ({ name: `${from + index}`, ports: [22] })),
  });
  assert.equal(await set(many(0), { name: 'one', selector: { site: 'c' } }), 1);
  assert.match(`${await set(many(1000), { name: 'two', selector: { role: 'db' } })}`, /for .*"role":"db".*exceptions/);
});

test('a rollback withdraws what is above a version and asks agents to go back; versions are never given again', async () => {
  const agentId = await enroll({});
  const agent = connect(agentId);
  await set(low(5));
  await set(low(6));
  await set(low(7));
  let policy = await agent.policy();
  while (policy.version < 3) policy = await agent.policy();
  agent.tell({ version: 3, hash: policy.hash, progress: 'APPLIED', notes: [] });
  while ((await followingOf(agentId)).inForce?.version !== 3);

  const { data } = await query(
    'mutation { rollBackPolicy(version: 1, reason: "too loud") { ... on PolicyRollback { withdrawn } ... on UserError { message } } }',
  );
  assert.equal(data.rollBackPolicy.withdrawn, 2);
  policy = await agent.policy();
  assert.deepEqual([policy.version, lowOf(policy), policy.rollback], [1, 5, true]);
  assert.equal(await set(low(8)), 4);
  policy = await agent.policy();
  assert.deepEqual([policy.version, lowOf(policy)], [4, 8]);

  const { data: listed } = await query('{ policies { version withdrawnAt } policy(version: 2) { document reason } }');
  assert.deepEqual(
    listed.policies.map((row: { version: number; withdrawnAt: string | null }) => [
      row.version,
      row.withdrawnAt === null,
    ]),
    [
      [4, true],
      [3, false],
      [2, false],
      [1, true],
    ],
  );
  assert.deepEqual([JSON.parse(listed.policy.document), listed.policy.reason], [low(6), 'a test']);
  const { data: audit } = await query('{ auditLog { nodes { action subject } } }');
  assert.deepEqual(
    audit.auditLog.nodes.map(({ action, subject }: { action: string; subject: string }) => [action, subject]),
    [
      ['POLICY_SET', '4'],
      ['POLICY_ROLLED_BACK', '1'],
      ['POLICY_SET', '3'],
      ['POLICY_SET', '2'],
      ['POLICY_SET', '1'],
    ],
  );
  const missing = await query(
    'mutation { rollBackPolicy(version: 2, reason: "x") { ... on PolicyRollback { withdrawn } ... on UserError { message } } }',
  );
  assert.match(missing.data.rollBackPolicy.message, /no policy of version 2/);
});

test('a change by which the fleet sees less needs a reason, and is marked; one by which it sees more does not', async () => {
  const setWithout = async (document: object) => {
    const { data } = await query(
      'mutation ($document: String!) { setPolicy(document: $document) { __typename ... on Policy { version weakens } } }',
      { document: JSON.stringify(document) },
    );
    return data.setPolicy;
  };
  const path = `models.${MODEL}.thresholds.low`;
  assert.deepEqual(await setWithout(low(20)), { __typename: 'ReasonMissing' });
  assert.deepEqual(
    await setWithout(low(5)).then(({ __typename }) => __typename),
    'ReasonMissing',
    'medium 100 is higher',
  );
  assert.equal(await set(low(20)), 1);
  assert.deepEqual(await setWithout(low(15)), { __typename: 'Policy', version: 2, weakens: [] });
  const { data } = await query(
    '{ policies { version weakens } policyDiff(from: 2, to: 1) { path before after weakens } }',
  );
  assert.ok(data.policies[1].weakens.includes(path));
  assert.deepEqual(data.policyDiff, [{ path, before: '15', after: '20', weakens: true }]);
  const back = await query('mutation { rollBackPolicy(version: 1) { __typename } }');
  assert.equal(back.data.rollBackPolicy.__typename, 'ReasonMissing');
});

test('a draft is in force for nobody', async () => {
  await set(low(20));
  const draft = await query(
    'mutation ($document: String!) { setPolicy(document: $document, draft: true, reason: "later") { ... on Policy { version reach } } }',
    { document: JSON.stringify(low(30)) },
  );
  assert.deepEqual(draft.data.setPolicy, { version: 2, reach: 0 });
  const policy = await connect(await enroll({})).policy();
  assert.deepEqual([policy.version, lowOf(policy)], [1, 20]);
});

test('an agent that was away during a rollback is asked to go back; one with a version that nobody gave here is not', async () => {
  await set(low(5));
  await set(low(6));
  await query(
    'mutation { rollBackPolicy(version: 1, reason: "too loud") { ... on PolicyRollback { withdrawn } ... on UserError { message } } }',
  );
  const away = await connect(await enroll({}), { version: 2, hash: 'x' }).policy();
  assert.deepEqual([away.version, away.rollback], [1, true]);
  const stranger = await connect(await enroll({}), { version: 9, hash: 'x' }).policy();
  assert.deepEqual([stranger.version, stranger.rollback], [1, false]);
  await query(
    'mutation { rollBackPolicy(version: 0, reason: "all off") { ... on PolicyRollback { withdrawn } ... on UserError { message } } }',
  );
  const back = await connect(await enroll({}), { version: 1, hash: 'x' }).policy();
  assert.deepEqual(back, { version: 0, hash: '', document: '', rollback: true });
});

test('policies outlast the aggregator', async () => {
  await set(low(5));
  await stop();
  policies = createPolicies({ db: store.db, log });
  await startServer();
  assert.equal(lowOf(await connect(await enroll({})).policy()), 5);
});

test('a policy state that is none ends the session', async () => {
  const agent = connect(await enroll({}));
  agent.tell({ version: -1, hash: 'x', progress: 'DONE', notes: [] } as unknown as PolicyState);
  await set(low(5));
  assert.deepEqual((await query('{ policies { version } }')).data.policies, [{ version: 1 }]);
});

test('an agent that tells of a lost record is shown as degraded', async () => {
  const agentId = await enroll({});
  const agent = connect(agentId);
  const stateOf = async () => {
    const { data } = await query('{ agents { id state { liveness problems } } }');
    return data.agents.find(({ id }: { id: string }) => id === agentId)?.state;
  };
  const { lostFull, lostDamage, ...spool } = health.spool;
  const well: Health = { ...health, spool: { ...spool, lostFull: 0, lostDamage: 0 } };
  agent.count(well);
  while ((await stateOf())?.liveness !== 'LIVE');
  agent.count({ ...well, reserveFailed: well.reserveFailed + 1 });
  while ((await stateOf()).liveness === 'LIVE');
  assert.deepEqual(await stateOf(), { liveness: 'DEGRADED', problems: ['KERNEL_LOSS'] });
});

test('a short document that its aliases make longer than a message is refused when it is set', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `  - { name: ${index}a, processes: *shared }`);
  const first = `  - { name: first, processes: &shared [${Array.from({ length: 10 }, () => 'x'.repeat(4000)).join()}] }`;
  assert.match(
    `${await set(`exceptions:\n${[first, ...names].join('\n')}\n`)}`,
    /document: for \{\}: exceptions: the whole policy must have at most 1047552 bytes of JSON/,
  );
  assert.deepEqual((await query('{ policies { version } }')).data.policies, []);
});
