import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createLogger } from '@connscan/program';
import type { PolicyMessage, PolicyState } from '@connscan/wire';
import { sql } from 'kysely';
import { commitBatch } from '../../test/commit-batch.ts';
import { idWithin } from '../../test/id-within.ts';
import { detectionOf, EPOCH, helloOf, idOf, sightingOf } from '../../test/rows.ts';
import { openTestStore } from '../../test/test-store.ts';
import { findAudit } from '../identity/audit.ts';
import type { Store } from '../store/open-store.ts';
import { saveHello } from '../store/save-agent.ts';
import { createWhatIfs, type WhatIfs } from '../tuning/create-what-ifs.ts';
import { createPolicies, type Policies } from './create-policies.ts';
import { createRollouts, type RolloutOptions, type Rollouts } from './create-rollouts.ts';
import { findRollouts } from './rollouts.ts';

const MODEL = 'connscan_internal_internal';
const MINUTE_MS = 60_000;
const log = createLogger('test');
log.level = 'silent';

let store: Store;
let whatIfs: WhatIfs;
let policies: Policies;
let rollouts: Rollouts;
/** Agents of which nothing is heard. */
const silent = new Set<string>();
/** How far the clock of the roll-outs is ahead. */
let aheadMs = 0;
let batches = 0;
const nowMs = () => Date.now() + aheadMs;

before(async () => {
  store = await openTestStore();
  whatIfs = createWhatIfs({ ...store, log });
});
after(async () => {
  await whatIfs.stop();
  await store.close();
});

/** Every test has an aggregator that knows of no agent, no policy and no history. */
beforeEach(async () => {
  await sql`truncate policies, agents, agent_policies, rollouts, audit, detections, sightings, sighting_hours cascade`.execute(
    store.db,
  );
  silent.clear();
  aheadMs = 0;
  restart();
});

function restart(forecasting = whatIfs): void {
  const { db } = store;
  policies = createPolicies({ db, log });
  const fleet = {
    stateOf: (id: string) => ({
      ...{ liveness: silent.has(id) ? 'SILENT' : 'LIVE', problems: [], sinceMs: 0 },
    }),
  } as const;
  rollouts = createRollouts({ db, policies, whatIfs: forecasting, fleet: fleet as never, nowMs, log });
}

/** An agent that has a session, and answers only as it is told. */
async function connect(id: string) {
  await saveHello(store.db, helloOf(id));
  const received: PolicyMessage[] = [];
  const arrived: (() => void)[] = [];
  const session = await policies.follow(helloOf(id), async (policy) => {
    received.push(policy);
    arrived.shift()?.();
  });
  const policy = async () => {
    if (received.length === 0) await new Promise<void>((resolve) => arrived.push(resolve));
    return received.shift()!;
  };
  const tell = (progress: PolicyState['progress'], { version, hash }: PolicyMessage, notes: string[] = []) =>
    session.told({ version, hash, progress, notes });
  return {
    ...{ id, received, policy, tell },
    async apply(): Promise<PolicyMessage> {
      const wanted = await policy();
      await tell('APPLIED', wanted);
      return wanted;
    },
  };
}

const low = (count: number) => ({ models: { [MODEL]: { thresholds: { low: count, medium: 100, high: 1000 } } } });
const lowOf = ({ document }: PolicyMessage) => JSON.parse(document).models[MODEL].thresholds.low;

type Setting = { readonly name?: string; readonly draft?: boolean; readonly reason?: string };

async function set(count: number, { name = 'default', draft = false, reason = 'a test' }: Setting = {}) {
  const document = JSON.stringify(low(count));
  return (await policies.set({ name, selector: {}, document, draft, reason, actor: 'somebody' })).version;
}

/** Version 1 is in force with a threshold of 20; version 2 is rolled out, a draft with 10. */
async function begin(options: Partial<RolloutOptions> = {}) {
  await set(20);
  const version = await set(10, { draft: true });
  return rollouts.start({
    ...{ version, stages: [0.1, 0.5, 1], soakMs: 10 * MINUTE_MS, factor: 2, forecastPerHour: 6, actor: 'somebody' },
    ...options,
  });
}

async function rollout() {
  const [row] = await findRollouts(store.db);
  const view = (await rollouts.look([row!])).get(row!.version)!;
  return { ...row!, ...view };
}

/** The time passes, and then the roll-outs are looked at. */
async function pass(minutes: number) {
  aheadMs += minutes * MINUTE_MS;
  await rollouts.check();
  return rollout();
}

async function detect(agentId: string, count: number): Promise<void> {
  const seenMs = nowMs();
  const detections = Array.from({ length: count }, () => {
    const id = idOf(++batches);
    const seen = { firstSeenMs: seenMs, lastSeenMs: seenMs, startedMs: seenMs };
    return detectionOf({ id, source: `10.9.${batches >> 8}.${batches & 255}`, ...seen });
  });
  await commitBatch(store.db, { agentId, epoch: EPOCH, seq: ++batches }, { detections });
}

async function audited() {
  const rows = await findAudit(store.db, { subject: '2' }, { limit: 20, reversed: true });
  return rows.map(({ actor, action }) => `${actor} ${action}`);
}

test('each stage reaches the agents whose place is within it, when the one before has soaked and all have followed', async () => {
  const [first, second, third] = await Promise.all(
    [idWithin(0, 0.1), idWithin(0.1, 0.5), idWithin(0.5, 1)].map((id) => connect(id)),
  );
  const started = await begin();
  assert.deepEqual([started.state, started.stage, started.version], ['RUNNING', 0, 2]);
  for (const agent of [second!, third!]) assert.equal(lowOf(await agent.apply()), 20);
  let policy = await first!.apply();
  if (policy.version === 1) policy = await first!.apply();
  assert.equal(lowOf(policy), 10);

  const soaking = await pass(9);
  assert.deepEqual([soaking.stage, soaking.inReach, soaking.fitting, soaking.applied], [0, 1, 3, 1]);
  assert.equal((await pass(1)).stage, 1);
  assert.equal(lowOf(await second!.apply()), 10);
  assert.deepEqual(third!.received, []);
  const done = await pass(10);
  assert.deepEqual([done.state, done.stage, done.inReach], ['DONE', 2, 3]);
  assert.equal(lowOf(await third!.apply()), 10);
  const { applied, detections } = await rollout();
  assert.deepEqual([applied, detections], [3, undefined]);
  assert.deepEqual(await audited(), [
    'somebody POLICY_SET',
    'somebody ROLLOUT_STARTED',
    'somebody ROLLOUT_ADVANCED',
    'aggregator ROLLOUT_ADVANCED',
    'aggregator ROLLOUT_ADVANCED',
  ]);
  assert.equal((await policies.inForce())[0]!.version, 2);
  await set(9);
  const { state, inReach, applying } = await rollout();
  assert.deepEqual([state, inReach, applying], ['DONE', 0, 0], 'a newer document has taken its place');
});

test('more detections than the forecast allows pause it with the numbers; those of agents out of reach count for nothing', async () => {
  const [within, beyond] = await Promise.all([idWithin(0, 0.1), idWithin(0.1, 1)].map((id) => connect(id)));
  await begin({ forecastPerHour: 60 });
  // Half of the agents, and a tenth of an hour: 2 × 60 × 0.5 × 0.1.
  aheadMs = 6 * MINUTE_MS;
  await detect(beyond!.id, 9);
  await detect(within!.id, 6);
  const running = await pass(0);
  assert.deepEqual([running.state, running.detections, running.allowed], ['RUNNING', 6, 6]);
  await detect(within!.id, 1);
  const paused = await pass(0);
  assert.equal(paused.state, 'PAUSED');
  assert.match(
    paused.note,
    /^7 detections in 36\d s by 1 of 2 agents, where 6 are allowed: 2 times the forecast of 60 an hour for all, and never fewer than 5$/,
  );
  assert.deepEqual((await audited()).slice(-1), ['aggregator ROLLOUT_PAUSED']);
  assert.equal((await pass(60)).stage, 0, 'it stays where it is');

  await rollouts.resume(2, { actor: 'somebody' });
  const resumed = await pass(0);
  assert.deepEqual([resumed.state, resumed.detections, resumed.note], ['RUNNING', 0, '']);
});

test('a forecast of nothing lets five detections pass, and no sixth', async () => {
  const agent = await connect(idWithin(0, 0.1));
  await begin({ forecastPerHour: 0 });
  await detect(agent.id, 5);
  assert.equal((await pass(1)).state, 'RUNNING');
  await detect(agent.id, 1);
  assert.equal((await pass(1)).state, 'PAUSED');
});

test('an agent that refuses it pauses it, once: who resumes it has seen that', async () => {
  const [agent, other] = await Promise.all([connect(idWithin(0, 0.1)), connect(idWithin(0, 0.1, 1))]);
  await begin();
  let policy = await agent.policy();
  while (policy.version < 2) policy = await agent.policy();
  await agent.tell('FAILED', policy, ['internalCidrs: this kernel does not let it']);
  const paused = await pass(0);
  assert.deepEqual([paused.state, paused.failed], ['PAUSED', 1]);
  assert.match(paused.note, /^1 of the 2 agents within reach refused it/);
  await rollouts.resume(2, { actor: 'somebody' });
  while ((await other.apply()).version < 2);
  const waiting = await pass(20);
  assert.deepEqual([waiting.state, waiting.stage], ['RUNNING', 0]);
  assert.equal(waiting.note, 'waits for 1 of the 2 agents within reach');
  const advanced = await rollouts.advance(2, { actor: 'somebody', reason: 'that host is taken out' });
  assert.deepEqual([advanced.stage, advanced.note], [1, '']);
  assert.equal((await pass(0)).state, 'RUNNING');
});

test('it waits for agents that are behind, and not for those of which nothing is heard', async () => {
  const [quick, slow] = await Promise.all([connect(idWithin(0, 0.1)), connect(idWithin(0, 0.1, 1))]);
  await begin();
  while ((await quick.apply()).version < 2);
  const waiting = await pass(11);
  assert.deepEqual([waiting.stage, waiting.applied, waiting.applying], [0, 1, 1]);
  assert.equal(waiting.note, 'waits for 1 of the 2 agents within reach');
  silent.add(slow.id);
  const { silent: unheard, applying } = await rollout();
  assert.deepEqual([unheard, applying], [1, 0]);
  assert.equal((await pass(0)).stage, 1);
});

test('an agent that bounds the policy has followed; one that works by another document of the same version has not', async () => {
  const agent = await connect(idWithin(0, 0.1));
  await begin();
  // The version of what the agent has by now, without the draft.
  await set(15, { name: 'other' });
  let policy = await agent.policy();
  while (policy.version < 3) policy = await agent.policy();
  await agent.tell('APPLIED', { ...policy, hash: 'another' });
  assert.equal((await rollout()).applying, 1);
  await agent.tell('APPLIED', { ...policy, hash: 'another' }, ['thresholds.low: 64 at most']);
  assert.equal((await rollout()).applied, 1);
});

test('a roll-back withdraws that document alone, and its agents go back', async () => {
  const agent = await connect(idWithin(0, 0.1));
  await begin();
  while ((await agent.apply()).version < 2);
  await rollouts.pause(2, { actor: 'somebody', reason: 'let me see' });
  const document = 'maxOriginatorBytes: 20';
  await policies.set({ name: 'later', selector: {}, document, actor: 'somebody' });
  while ((await agent.apply()).version < 3);
  await assert.rejects(rollouts.rollBack(2, { actor: 'somebody' }), { extensions: { code: 'REASON_MISSING' } });
  const gone = await rollouts.rollBack(2, { actor: 'somebody', reason: 'too loud' });
  assert.deepEqual([gone.state, gone.note], ['ROLLED_BACK', 'too loud']);
  assert.deepEqual(
    (await policies.all()).map(({ version, withdrawn }) => [version, withdrawn !== null]),
    [
      [3, false],
      [2, true],
      [1, false],
    ],
  );
  assert.deepEqual((await audited()).slice(-2), ['somebody ROLLOUT_PAUSED', 'somebody ROLLOUT_ROLLED_BACK']);
  assert.equal(lowOf(await agent.policy()), 20);
  await assert.rejects(rollouts.rollBack(2, { actor: 'somebody', reason: 'again' }), /is ROLLED_BACK/);
  assert.equal((await pass(60)).inReach, 0);
});

test('a roll-back of every version above one takes the roll-out with it', async () => {
  await begin();
  await policies.rollBack(1, { actor: 'somebody', reason: 'all of it' });
  assert.deepEqual((await pass(60)).state, 'ROLLED_BACK');
});

async function forecasted() {
  for (;;) {
    const row = await pass(0);
    if (row.state !== 'FORECASTING') return row;
    assert.equal(row.inReach, 0);
  }
}

test('without a forecast the last day is replayed with the draft first, and nobody has it until then', async () => {
  const agent = await connect(idWithin(0, 0.1));
  const seenMs = Date.now() - 2 * MINUTE_MS;
  const seen = { firstSeenMs: seenMs, lastSeenMs: seenMs };
  // Twelve services: a detection for the draft, and none for what is in force.
  const sightings = Array.from({ length: 12 }, (_, n) => sightingOf({ destination: `10.0.7.${n + 1}`, ...seen }));
  await commitBatch(store.db, { agentId: agent.id, epoch: EPOCH, seq: ++batches }, { sightings });
  const started = await begin({ forecastPerHour: undefined });
  assert.deepEqual([started.state, started.forecast_per_hour], ['FORECASTING', null]);
  const row = await forecasted();
  assert.deepEqual([row.state, row.stage], ['RUNNING', 0]);
  // Of an hour at most that has a history.
  assert.ok(row.forecast_per_hour! > 0.5 && row.forecast_per_hour! <= 1, `${row.forecast_per_hour}`);
  assert.deepEqual((await audited()).slice(-2), ['somebody ROLLOUT_STARTED', 'aggregator ROLLOUT_ADVANCED']);
});

test('the forecast of an empty history is nothing', async () => {
  await begin({ forecastPerHour: undefined });
  const row = await forecasted();
  assert.deepEqual([row.state, row.forecast_per_hour, row.allowed], ['RUNNING', 0, 5]);
});

test('a restart goes on where it was, and begins a forecast anew', async () => {
  await begin({ forecastPerHour: undefined });
  await rollouts.check();
  restart();
  assert.equal((await forecasted()).state, 'RUNNING');
  aheadMs += 6 * MINUTE_MS;
  restart();
  assert.equal((await pass(3)).stage, 0);
  assert.equal((await pass(1)).stage, 1);
  assert.equal((await pass(10)).state, 'DONE');
});

test('a forecast waits for its turn among other what-ifs, and one that comes to nothing pauses the roll-out', async () => {
  const forecasting = createWhatIfs({ ...store, log });
  restart(forecasting);
  await begin({ forecastPerHour: undefined });
  const pair = await policies.propose({ labels: {}, document: '' });
  const others = { ...pair, sinceMs: nowMs() - MINUTE_MS, untilMs: nowMs(), labels: {} };
  const started = Array.from({ length: 10 }, () => forecasting.start(others));
  assert.equal(started.at(-1), undefined, 'no more may wait');
  assert.equal((await pass(0)).state, 'FORECASTING');
  assert.equal((await forecasted()).state, 'RUNNING');
  await rollouts.rollBack(2, { actor: 'somebody', reason: 'a test' });

  const version = await set(8, { draft: true });
  await rollouts.start({ version, stages: [0.1, 1], soakMs: 0, factor: 2, actor: 'somebody' });
  await rollouts.check();
  await forecasting.stop();
  const paused = await pass(0);
  assert.deepEqual([paused.state, paused.note], ['PAUSED', 'there is no forecast: the what-if was cancelled']);
});

test('a roll-out that is paused before it has a forecast makes one when it goes on', async () => {
  await begin({ forecastPerHour: undefined });
  await rollouts.pause(2, { actor: 'somebody' });
  assert.deepEqual((await pass(60)).note, 'by somebody');
  assert.equal((await rollouts.resume(2, { actor: 'somebody' })).state, 'FORECASTING');
  assert.equal((await forecasted()).state, 'RUNNING');
});

test('what cannot be rolled out is refused, and so is what would cross a roll-out', async () => {
  const start = (version: number, reason?: string) =>
    rollouts.start({ version, stages: [0.5, 1], soakMs: 0, factor: 2, forecastPerHour: 0, actor: 'somebody', reason });
  await begin();
  await assert.rejects(start(9), /no policy of version 9/);
  await assert.rejects(start(1), /version 1 is no draft/);
  await assert.rejects(start(2), /version 2 is no draft/);
  await assert.rejects(set(5), /version 2 of default is being rolled out/);
  const other = await set(11, { name: 'other', draft: true });
  await assert.rejects(start(other), /version 2 is being rolled out to some of the same agents/);
  await assert.rejects(rollouts.resume(2, { actor: 'somebody' }), /is RUNNING/);
  await rollouts.rollBack(2, { actor: 'somebody', reason: 'a test' });
  await set(12, { name: 'other' });
  await assert.rejects(start(other), /version 4 of other is newer and in force: set the draft anew/);
});

test('a draft that has come to weaken what is in force needs a reason before it is rolled out', async () => {
  await set(20);
  const setting = { name: 'site-a', selector: { site: 'a' }, document: JSON.stringify(low(15)), actor: 'somebody' };
  const { version, weakens } = await policies.set({ ...setting, draft: true });
  assert.deepEqual(weakens, []);
  await set(5);
  const options = { version, stages: [0.5, 1], soakMs: 0, factor: 2, forecastPerHour: 0, actor: 'somebody' };
  await assert.rejects(rollouts.start(options), { extensions: { code: 'REASON_MISSING' } });
  assert.equal((await rollouts.start({ ...options, reason: 'the site is loud' })).state, 'RUNNING');
  const [started] = await findAudit(store.db, { actions: ['ROLLOUT_STARTED'] }, { limit: 1, reversed: false });
  assert.deepEqual(started!.detail.weakens, [`models.${MODEL}.thresholds.low`]);
});

test('a roll-out that no longer goes together with what else was set pauses itself', async () => {
  const many = (from: number) =>
    JSON.stringify({
      exceptions: Array.from({ length: 600 }, (_, index) => ({ name: `${from + index}`, ports: [22] })),
    });
  const setting = { selector: {}, actor: 'somebody', reason: 'a test' };
  const { version } = await policies.set({ ...setting, name: 'one', document: many(0), draft: true });
  await rollouts.start({ version, stages: [0.1, 1], soakMs: 0, factor: 2, actor: 'somebody' });
  // It is for nobody yet, so this goes with all that is in force.
  await policies.set({ ...setting, name: 'two', document: many(1000) });
  const paused = await forecasted();
  assert.equal(paused.state, 'PAUSED');
  assert.match(paused.note, /^(there is no forecast: )?document: .*exceptions/);
  await assert.rejects(rollouts.advance(version, { actor: 'somebody', reason: 'now' }), /is PAUSED/);
});
