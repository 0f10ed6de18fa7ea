import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { decodeEnrollToken, encodeEnrollToken } from '@connscan/wire';
import { status } from '@grpc/grpc-js';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { AGENT_ID, helloOf } from '../../test/rows.ts';
import { createOpenSessions } from '../ingest/open-sessions.ts';
import { createEmbeddedPool } from '../store/embedded-pool.ts';
import { findAgents } from '../store/find-agents.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { saveHello } from '../store/save-agent.ts';
import type { Database, Schema } from '../store/schema.ts';
import { findAudit, writeAuditOnceAMinute } from './audit.ts';
import { createEnrollToken, findEnrollTokens, revokeEnrollToken } from './enroll-tokens.ts';
import { enrollAgent, findFallen, renewAgent, revokeAgent, saveClone } from './identities.ts';
import { startRevocationWatch } from './revocation-watch.ts';

const HOUR_MS = 3_600_000;
const AUTHORITY = Buffer.alloc(32, 7);
const page = { limit: 100, reversed: false };

let data: string;
let store: Store;
before(async () => {
  data = await mkdtemp(join(tmpdir(), 'connscan-identities-'));
  store = await openStore(data, () => {});
});
after(async () => {
  await store?.close();
  await rm(data, { recursive: true });
});
beforeEach(() => sql`truncate identities, enroll_tokens, audit`.execute(store.db));

const createToken = (maxUses = 1) =>
  createEnrollToken(store.db, AUTHORITY, {
    labels: { site: 'north' },
    maxUses,
    expires: new Date(Date.now() + HOUR_MS),
    actor: 'somebody',
  });

/** Enrolls with a token; the id of the agent, or why not. */
async function enroll(token: string, nowMs = Date.now()): Promise<string> {
  const agentId = randomUUID();
  const enrollment = { token, agentId, hostname: 'host', nowMs, sign: async () => 'signed' as never };
  const issued = await enrollAgent(store.db, enrollment);
  return typeof issued === 'string' ? agentId : (issued as { problem: string }).problem;
}

async function audited(): Promise<string[]> {
  return (await findAudit(store.db, {}, page)).map(({ action }) => action);
}

test('a token keeps a hash of its secret alone, and pins the authority', async () => {
  const { row, text } = await createToken();
  const { secret, authority } = decodeEnrollToken(text)!;
  assert.deepEqual(authority, AUTHORITY);
  const { rows } = await sql<{ kept: string }>`select enroll_tokens::text as kept from enroll_tokens`.execute(store.db);
  assert.ok(!rows[0]!.kept.includes(Buffer.from(secret).toString('hex')));
  assert.deepEqual([row.labels, row.uses, row.max_uses, row.revoked], [{ site: 'north' }, 0, 1, null]);
  assert.deepEqual(await audited(), ['ENROLL_TOKEN_CREATED']);
});

test('an agent that enrolls gets the labels of its token, as often as the token is good for', async () => {
  const { row, text } = await createToken(2);
  const agentId = await enroll(text);
  const [first] = await store.db.selectFrom('identities').selectAll().execute();
  assert.deepEqual([first?.agent_id, first?.labels, first?.token_id], [agentId, { site: 'north' }, row.id]);
  await enroll(text);
  assert.match(await enroll(text), /^token: is used up, it was for 2$/);
  const [token] = await findEnrollTokens(store.db, page);
  assert.equal(token?.uses, 2);
  assert.deepEqual(await audited(), ['ENROLLMENT_REFUSED', 'AGENT_ENROLLED', 'AGENT_ENROLLED', 'ENROLL_TOKEN_CREATED']);
});

test('a token that is expired or revoked is refused, and revoking it again changes nothing', async () => {
  const { row, text } = await createToken();
  assert.match(await enroll(text, Date.now() + HOUR_MS), /^token: expired at 20/);
  const revoked = await revokeEnrollToken(store.db, row.id, 'somebody');
  const again = await revokeEnrollToken(store.db, row.id, 'somebody');
  assert.deepEqual(
    [again?.revoked, await revokeEnrollToken(store.db, randomUUID(), 'somebody')],
    [revoked?.revoked, undefined],
  );
  assert.match(await enroll(text), /^token: was revoked at 20/);
  // Both refusals were within a minute: one is kept.
  assert.deepEqual(await audited(), ['ENROLL_TOKEN_REVOKED', 'ENROLLMENT_REFUSED', 'ENROLL_TOKEN_CREATED']);
});

test('who has not the secret learns nothing of a token, and with the tenth guess it is revoked', async () => {
  const { row, text } = await createToken();
  const guess = encodeEnrollToken({ ...decodeEnrollToken(text)!, secret: Buffer.alloc(32) });
  const stranger = encodeEnrollToken({ ...decodeEnrollToken(text)!, id: Buffer.alloc(16) });
  const unknown = 'token: is not one of this aggregator';
  assert.equal(await enroll(stranger), unknown);
  for (let guesses = 0; guesses < 9; guesses++) assert.equal(await enroll(guess), unknown);
  assert.deepEqual((await findEnrollTokens(store.db, page))[0]?.revoked, null);
  for (let guesses = 0; guesses < 3; guesses++) assert.equal(await enroll(guess), unknown);
  assert.match(await enroll(text), /^token: was revoked/);
  const revocations = (await findAudit(store.db, {}, page)).filter(({ action }) => action === 'ENROLL_TOKEN_REVOKED');
  assert.deepEqual(
    revocations.map(({ actor, subject, detail }) => ({ actor, subject, detail })),
    [{ actor: 'aggregator', subject: row.id, detail: { reason: '10 wrong secrets' } }],
  );
});

test('what was never signed leaves no use, no identity and no audit', async () => {
  const { text } = await createToken();
  const sign = () => Promise.reject(new Error('no'));
  const enrollment = { token: text, agentId: randomUUID(), hostname: 'host', nowMs: Date.now(), sign };
  await assert.rejects(enrollAgent(store.db, enrollment), /^Error: no$/);
  assert.equal((await findEnrollTokens(store.db, page))[0]?.uses, 0);
  assert.deepEqual(await audited(), ['ENROLL_TOKEN_CREATED']);
});

test('an identity is renewed once a minute, and not after it was revoked', async () => {
  const agentId = await enroll((await createToken()).text);
  const nowMs = Date.now() + HOUR_MS;
  const renew = (nowMs: number, id = agentId) =>
    renewAgent(store.db, { agentId: id, nowMs, sign: async () => 'signed' as never });
  assert.equal(await renew(nowMs), 'signed');
  assert.deepEqual(await renew(nowMs + 59_000), { problem: 'renewed less than a minute ago' });
  assert.equal(await renew(nowMs + 60_000), 'signed');
  assert.equal((await revokeAgent(store.db, agentId, 'somebody'))?.agent_id, agentId);
  assert.equal((await revokeAgent(store.db, agentId, 'somebody'))?.agent_id, agentId);
  const { problem } = (await renew(nowMs + 2 * HOUR_MS)) as unknown as { problem: string };
  assert.match(problem, /^agent \S+ was revoked at 20/);
  const stranger = randomUUID();
  assert.deepEqual(await renew(nowMs, stranger), { problem: `agent ${stranger} is not enrolled here` });
  assert.equal(await revokeAgent(store.db, stranger, 'somebody'), undefined);
  const count = Map.groupBy(await audited(), (action) => action);
  assert.deepEqual([count.get('CERTIFICATE_RENEWED')?.length, count.get('AGENT_REVOKED')?.length], [2, 1]);
});

test('what one actor does over and over is written down once a minute', async () => {
  for (const actor of ['agent 1', 'agent 2', 'agent 1']) {
    await writeAuditOnceAMinute(store.db, { actor, action: 'IDENTITY_FORGED', subject: randomUUID() });
  }
  assert.deepEqual(await audited(), ['IDENTITY_FORGED', 'IDENTITY_FORGED']);
});

test('a clone stays on its agent with both ends, and the latest takes its place', async () => {
  await sql`truncate agents cascade`.execute(store.db);
  await saveHello(store.db, helloOf(AGENT_ID));
  const ends = ['original', 'copy', 'copy of a copy'].map((hostname) => ({
    instance: randomUUID(),
    hostname,
    bootId: 'b',
  }));
  await saveClone(store.db, AGENT_ID, ends.slice(0, 2));
  await saveClone(store.db, AGENT_ID, ends.slice(1));
  await saveHello(store.db, helloOf(AGENT_ID));
  const [agent] = await findAgents(store.db);
  assert.ok(agent?.clone_detected instanceof Date);
  assert.deepEqual(agent.clone_ends, ends.slice(1));
  assert.deepEqual(await audited(), ['AGENT_CLONED']);
});

function createTest(db: Database) {
  const time = { nowMs: 0, steadyMs: 0 };
  const sessions = createOpenSessions({ steadyMs: () => time.steadyMs, onClone: () => {} });
  const watch = startRevocationWatch({
    ...{ db, sessions, nowMs: () => time.nowMs, steadyMs: () => time.steadyMs },
    log: { warn: () => {}, error: () => {} },
  });
  return {
    ...{ time, watch },
    open(agentId: string, expiresMs = 1) {
      const ends: status[] = [];
      const facts = { agentId, instance: randomUUID(), epoch: 'e', hostname: 'a', bootId: 'b', expiresMs };
      sessions.open(facts, ({ code }) => ends.push(code));
      return ends;
    },
  };
}

test('open sessions end of those whose identity was revoked in the store, is not in it, or whose certificate has expired', async () => {
  const { text } = await createToken(3);
  const [standing, revoked, expired] = [await enroll(text), await enroll(text), await enroll(text)];
  const { time, watch, open } = createTest(store.db);
  const ends = [open(standing, 2), open(revoked, 2), open(expired, 1), open(randomUUID(), 2)];
  await watch.look();
  assert.deepEqual(ends, [[], [], [], [status.PERMISSION_DENIED]]);
  await revokeAgent(store.db, revoked, 'somebody');
  time.nowMs = 1;
  await watch.look();
  assert.deepEqual(ends.slice(0, 3), [[], [status.PERMISSION_DENIED], [status.UNAUTHENTICATED]]);
  assert.deepEqual(await findFallen(store.db, [standing, revoked]), [revoked]);
  await watch.stop();
});

test('all sessions end when the store has not told for 40 s who was revoked', async () => {
  // Its directory cannot be made.
  const pool = createEmbeddedPool('/proc/connscan/store', () => {});
  const { time, watch, open } = createTest(new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) }));
  const ends = open(randomUUID(), Number.POSITIVE_INFINITY);
  for (const steadyMs of [10_000, 20_000, 30_000, 40_000]) {
    time.steadyMs = steadyMs;
    await watch.look();
    assert.deepEqual(ends, []);
  }
  time.steadyMs = 50_000;
  await watch.look();
  assert.deepEqual(ends, [status.UNAVAILABLE]);
  await watch.stop();
  await pool.end();
});
