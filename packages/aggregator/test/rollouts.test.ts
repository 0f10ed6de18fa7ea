import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Policy } from '@connscan/model';
import { createLogger, formatSocketAddress } from '@connscan/program';
import type { PolicyMessage } from '@connscan/wire';
import type { ExecutionResult } from 'graphql';
import { type KyselyPlugin, sql } from 'kysely';
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
import { createRollouts, type Rollouts } from '../src/policy/create-rollouts.ts';
import type { Store } from '../src/store/open-store.ts';
import { createWhatIfs } from '../src/tuning/create-what-ifs.ts';
import { administrator, noSubscriptions } from './administrator.ts';
import { idWithin } from './id-within.ts';
import { noCorrelation } from './no-correlation.ts';
import { noOutputs } from './no-outputs.ts';
import { openPolicySession, type PolicyTestSession } from './policy-session.ts';
import { detectionOf, idOf } from './rows.ts';
import { startTestAggregator } from './test-aggregator.ts';
import { openTestStore } from './test-store.ts';

const MODEL = 'connscan_internal_internal';
const MINUTE_MS = 60_000;
const log = createLogger('test');
log.level = 'silent';

let store: Store;
let server: UplinkServer | undefined;
let rollouts: Rollouts;
let graphql: ReturnType<typeof createGraphql>;
let queries = 0;
/** How far the clock of the roll-outs is ahead. */
let aheadMs = 0;
const agents: PolicyTestSession[] = [];

/** Counts what the API asks the store. */
const counter: KyselyPlugin = {
  transformQuery({ node }) {
    queries++;
    return node;
  },
  transformResult: async ({ result }) => result,
};

before(async () => {
  store = await openTestStore();
});

beforeEach(async () => {
  await stop();
  await sql`truncate policies, agents, agent_policies, rollouts, audit, detections, batches, epochs cascade`.execute(
    store.db,
  );
  aheadMs = 0;
  await start();
});

after(async () => {
  await stop();
  await store.close();
});

/** An aggregator on the store, whose roll-outs are looked at when the test says so. */
async function start(): Promise<void> {
  const db = store.db.withPlugin(counter);
  const sessions = createOpenSessions({ steadyMs: () => 0, onClone: () => {} });
  const fleet = createFleet({ known: [], steadyMs: () => 0, wallMs: () => 0, onChange() {}, log });
  const committer = createCommitter({
    db: store.db,
    hold: async () => {},
    days: { cover: async () => {} },
    onCommitted() {},
  });
  const rowQuota = createRowQuota({ rowsPerSecond: 1000, steadyMs: () => 0 });
  const policies = createPolicies({ db, log });
  const whatIfs = createWhatIfs({ ...store, log });
  rollouts = createRollouts({ db, policies, fleet, whatIfs, nowMs: () => Date.now() + aheadMs, log });
  const context = { db, committer, rowQuota, sessions, policies, fleet, wallTimeMs: Date.now, log };
  server = await startUplinkServer({ host: '127.0.0.1', port: 0 }, { ...insecureIdentity, ...context });
  graphql = createGraphql({
    authenticate: administrator,
    sources: {
      ...context,
      ...{ whatIfs, rollouts, outputs: noOutputs, correlation: noCorrelation, authority: undefined },
      live: createLiveDetections({ queueLength: 1 }),
      liveAgents: createLiveAgents({ queueLength: 1 }),
      subscriptions: noSubscriptions,
    },
    log,
    graphiql: false,
  });
}

async function stop(): Promise<void> {
  for (const agent of agents.splice(0)) agent.close();
  await server?.stop();
}

function connect(agentId: string, inForce?: { version: number; hash: string }): PolicyTestSession {
  const agent = openPolicySession(formatSocketAddress(server!.address), agentId, inForce);
  agents.push(agent);
  return agent;
}

async function query(document: string, variables: object = {}) {
  const response = await graphql.fetch('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: document, variables }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the shape is that of the query, which the test knows.
  const { data, errors } = (await response.json()) as ExecutionResult<any>;
  assert.equal(errors, undefined);
  return data;
}

const ROLLOUT = `version name state note stages stage soakSeconds factor forecastPerHour detections observedPerHour allowed
  convergence { fitting inReach applied applying failed silent }`;

/** A mutation of a roll-out, and what it says. */
async function change(mutation: string) {
  const answer = `{ __typename ... on PolicyRollout { ${ROLLOUT} } ... on UserError { message } }`;
  return (await query(`mutation { result: ${mutation} ${answer} }`)).result;
}

async function latest() {
  return (await query(`{ policyRollouts { ${ROLLOUT} } }`)).policyRollouts[0];
}

/** Minutes pass, and the roll-outs are looked at. */
async function pass(minutes: number) {
  aheadMs += minutes * MINUTE_MS;
  await rollouts.check();
  return latest();
}

async function set(low: number, draft = false): Promise<number> {
  const document = JSON.stringify({ models: { [MODEL]: { thresholds: { low, medium: 100, high: 1000 } } } });
  const { setPolicy } = await query(
    'mutation ($document: String!, $draft: Boolean) { setPolicy(document: $document, draft: $draft, reason: "a test") { ... on Policy { version } } }',
    { document, draft },
  );
  return setPolicy.version;
}

const lowOf = ({ document }: PolicyMessage) => (JSON.parse(document) as Policy).models[MODEL].thresholds.low;

/** Takes policies as they come, and works by them, up to a version. */
async function follow(agent: PolicyTestSession, version: number): Promise<PolicyMessage> {
  for (;;) {
    const policy = await agent.policy();
    agent.tell({ version: policy.version, hash: policy.hash, progress: 'APPLIED', notes: [] });
    if (policy.version === version) return policy;
  }
}

/** What the agents have told has come. */
async function converge(counts: object): Promise<void> {
  const isThere = ({ convergence }: { convergence: Record<string, number> }) =>
    Object.entries(counts).every(([name, count]) => convergence[name] === count);
  while (!isThere(await latest()));
}

/** Three agents work by version 1, and version 2 is on its way to the first, as within a tenth of the places. */
async function begin(more = 'forecastPerHour: 6') {
  const [first, second, third] = [idWithin(0, 0.1), idWithin(0.1, 0.5), idWithin(0.5, 1)].map((id) => connect(id));
  await set(20);
  for (const agent of agents) await follow(agent, 1);
  await set(10, true);
  const begun = await change(`rollOutPolicy(version: 2, stages: [0.1, 0.5, 1], ${more})`);
  return { begun, first: first!, second: second!, third: third! };
}

test('a draft goes to one share of the agents after the other, and how far they are can be seen', async () => {
  const { begun, first, second, third } = await begin();
  assert.deepEqual(begun, {
    ...{ __typename: 'PolicyRollout', version: 2, name: 'default', state: 'RUNNING', note: '' },
    ...{ stages: [0.1, 0.5, 1], stage: 1, soakSeconds: 600, factor: 2, forecastPerHour: 6 },
    ...{ detections: 0, observedPerHour: null, allowed: 5 },
    convergence: { fitting: 3, inReach: 1, applied: 0, applying: 1, failed: 0, silent: 0 },
  });
  assert.equal(lowOf(await follow(first, 2)), 10);
  await converge({ inReach: 1, applied: 1 });
  assert.equal((await pass(9)).stage, 1);
  assert.deepEqual([second.received, third.received], [[], []]);
  assert.equal((await pass(2)).stage, 2);
  assert.equal(lowOf(await second.policy()), 10);
  assert.deepEqual(third.received, []);
  const waiting = await pass(11);
  assert.equal(waiting.note, 'waits for 1 of the 2 agents within reach');
  assert.deepEqual(waiting.convergence, { fitting: 3, inReach: 2, applied: 1, applying: 1, failed: 0, silent: 0 });
  const done = await change('advanceRollout(version: 2, reason: "that host is slow")');
  assert.deepEqual([done.state, done.stage, done.convergence.inReach], ['DONE', 3, 3]);
  await follow(third, 2);
  const { policy } = await query('{ policy(version: 2) { reach rollout { state } } }');
  assert.deepEqual(policy, { reach: 1, rollout: { state: 'DONE' } });
  assert.deepEqual((await query('{ policy(version: 1) { rollout { state } } }')).policy, { rollout: null });
  const { auditLog } = await query('{ auditLog(subject: "2") { nodes { actor action detail } } }');
  assert.deepEqual(
    auditLog.nodes.map(({ actor, action }: { actor: string; action: string }) => `${actor} ${action}`).slice(0, 4),
    [
      'administrator ROLLOUT_ADVANCED',
      'aggregator ROLLOUT_ADVANCED',
      'administrator ROLLOUT_ADVANCED',
      'administrator ROLLOUT_STARTED',
    ],
  );
  assert.deepEqual(JSON.parse(auditLog.nodes[0].detail), { stage: 3, share: 1, reason: 'that host is slow' });
});

test('a flood of detections pauses it by itself; one call brings its agents back, and no others are touched', async () => {
  const { first, second, third } = await begin();
  await follow(first, 2);
  await converge({ applied: 1 });
  const startedMs = Date.now() + 1000;
  const flood = Array.from({ length: 30 }, (_, n) =>
    detectionOf({
      id: idOf(n + 1),
      source: `10.5.0.${n + 1}`,
      startedMs,
      firstSeenMs: startedMs,
      lastSeenMs: startedMs,
    }),
  );
  await first.detect(flood);
  const paused = await pass(1);
  assert.deepEqual([paused.state, paused.stage, paused.detections, paused.allowed], ['PAUSED', 1, 30, 5]);
  assert.match(paused.note, /^30 detections in 6\d s by 1 of 3 agents, where 5 are allowed: 2 times the forecast of 6/);
  assert.ok(paused.observedPerHour > 1500);

  const back = await change('rollBackRollout(version: 2, reason: "too loud")');
  assert.deepEqual([back.state, back.note, back.convergence.inReach], ['ROLLED_BACK', 'too loud', 0]);
  const policy = await first.policy();
  assert.deepEqual([policy.version, lowOf(policy), policy.rollback], [1, 20, true]);
  assert.deepEqual([second.received, third.received], [[], []]);
});

test('an agent that refuses it pauses it; it is resumed, paused and resumed by hand', async () => {
  const { first } = await begin();
  const { version, hash } = await first.policy();
  first.tell({ version, hash, progress: 'FAILED', notes: ['colour: unknown'] });
  await converge({ failed: 1 });
  const paused = await pass(0);
  assert.deepEqual(
    [paused.state, paused.note.slice(0, 46)],
    ['PAUSED', '1 of the 1 agents within reach refused it: con'],
  );
  assert.equal((await change('resumeRollout(version: 2)')).state, 'RUNNING');
  assert.equal((await pass(0)).state, 'RUNNING');
  assert.equal((await change('pauseRollout(version: 2, reason: "until Monday")')).note, 'until Monday');
  assert.match((await change('pauseRollout(version: 2)')).message, /version 2 is PAUSED/);
  assert.equal((await change('resumeRollout(version: 2)')).state, 'RUNNING');
});

test('a roll-out goes on when the aggregator was stopped in its middle', async () => {
  const { first } = await begin('soakSeconds: 60');
  while ((await pass(0)).state === 'FORECASTING');
  const { hash } = await follow(first, 2);
  await converge({ applied: 1 });
  await stop();
  await start();
  connect(idWithin(0, 0.1), { version: 2, hash });
  const second = connect(idWithin(0.1, 0.5), { version: 1, hash: '0000000000000000' });
  // The first message is of what it has already.
  assert.equal((await second.policy()).version, 1);
  while ((await pass(1)).stage === 1);
  assert.equal((await second.policy()).version, 2);
});

test('what cannot be used, is not there, or is not possible is said', async () => {
  await set(20);
  await set(10, true);
  const refusal = async (mutation: string) => {
    const { __typename, message } = await change(mutation);
    return `${__typename}: ${message}`;
  };
  const rollOut = (more: string) => refusal(`rollOutPolicy(version: 2, ${more})`);
  assert.match(await rollOut('stages: [0.5]'), /^InvalidInput: stages: must rise from above 0 to 1, are 0.5/);
  assert.match(await rollOut('stages: [0.5, 0.2, 1]'), /^InvalidInput: stages/);
  assert.match(await rollOut('stages: []'), /^InvalidInput: stages: must be from 1 to 10/);
  assert.match(await rollOut('soakSeconds: -1'), /^InvalidInput: soakSeconds: must be from 0 to 604800/);
  assert.match(await rollOut('factor: 0.5'), /^InvalidInput: factor: must be from 1 to 100/);
  assert.match(await rollOut('forecastPerHour: -1'), /^InvalidInput: forecastPerHour/);
  assert.equal(await refusal('rollOutPolicy(version: 9)'), 'NotFound: there is no policy of version 9');
  assert.equal(await refusal('rollOutPolicy(version: 1)'), 'Conflict: version 1 is no draft');
  assert.equal(await refusal('rollBackRollout(version: 2)'), 'NotFound: there is no roll-out of version 2');
  await change('rollOutPolicy(version: 2, stages: [0.5, 1], forecastPerHour: 0)');
  assert.match(await refusal('resumeRollout(version: 2)'), /^Conflict: .* is RUNNING/);
  const { setPolicy } = await query('mutation { setPolicy(document: "") { __typename ... on UserError { message } } }');
  assert.equal(setPolicy.__typename, 'Conflict');
});

test('many roll-outs take no more queries than one', async () => {
  const asked = async () => {
    const before = queries;
    await query(`{ policyRollouts { ${ROLLOUT} } policies { version rollout { state } } }`);
    return queries - before;
  };
  const rollOut = async (low: number) => {
    const version = await set(low, true);
    await change(`rollOutPolicy(version: ${version}, stages: [0.5, 1], forecastPerHour: 0)`);
    return version;
  };
  const only = await rollOut(10);
  const one = await asked();
  await change(`rollBackRollout(version: ${only}, reason: "a test")`);
  for (const low of [9, 8, 7]) await change(`rollBackRollout(version: ${await rollOut(low)}, reason: "a test")`);
  await rollOut(6);
  assert.ok((await asked()) <= one);
});

test('an aggregator lets its roll-outs go on by itself', async () => {
  const aggregator = await startTestAggregator();
  try {
    const ask = async (document: string) => (await aggregator.query(document)).data;
    await ask('mutation { setPolicy(document: "maxOriginatorBytes: 20", draft: true) { __typename } }');
    const { rollOutPolicy } = await ask(
      'mutation { rollOutPolicy(version: 1, soakSeconds: 0) { ... on PolicyRollout { state } } }',
    );
    assert.equal(rollOutPolicy.state, 'FORECASTING');
    while ((await ask('{ policyRollouts { state } }')).policyRollouts[0].state !== 'DONE');
    assert.equal((await ask('{ policy(version: 1) { reach } }')).policy.reach, 1);
  } finally {
    await aggregator.stop();
  }
});
