import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { sql } from 'kysely';
import { openTestStore } from '../../test/test-store.ts';
import type { Store } from '../store/open-store.ts';
import { ensureAdminToken } from './admin-token.ts';
import { createApiToken, findApiTokens, revokeApiToken } from './api-tokens.ts';
import { createAuthenticate } from './create-authenticate.ts';

let store: Store;
let data: string;

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'connscan-access-'));
  store = await openTestStore();
});
after(async () => {
  await store.close();
  await rm(data, { recursive: true });
});
beforeEach(() => sql`truncate api_tokens`.execute(store.db));

const ensure = (otherWay = false) => ensureAdminToken({ db: store.db, data, otherWay });
const tokens = () => findApiTokens(store.db, { limit: 10, reversed: false });

async function admitted(nowMs = Date.now()) {
  const token = (await readFile(join(data, 'admin-token'), 'utf8')).trim();
  const outcome = await createAuthenticate({ db: store.db, verifyJwt: undefined, nowMs: () => nowMs })(
    `Bearer ${token}`,
  );
  return 'role' in outcome ? outcome.role : outcome.problem;
}

test('the first start makes a token that gets in as an administrator, and the next starts make none', async () => {
  assert.equal(await ensure(), join(data, 'admin-token'));
  assert.equal(await admitted(), 'admin');
  assert.equal(await ensure(), undefined);
  assert.equal((await tokens()).length, 1);
});

test('two that start at the same time on one store make one token', async () => {
  const files = await Promise.all([ensure(), ensure()]);
  assert.equal(files.filter((file) => file !== undefined).length, 1);
  assert.equal((await tokens()).length, 1);
});

test('who has revoked every administrator gets in again by a start, unless there is another way in', async () => {
  await ensure();
  const [first] = await tokens();
  await createApiToken(store.db, { name: 'wall', role: 'viewer', expires: null, actor: 'somebody' });
  await revokeApiToken(store.db, first!.id, 'somebody');
  assert.equal(await admitted(), 'the token is not one of this aggregator');
  assert.equal(await ensure(true), undefined);
  assert.equal(await ensure(), join(data, 'admin-token'));
  assert.equal(await admitted(), 'admin');
});

test('a token that has expired is refused with the time, and its last use is kept to the minute', async () => {
  const expires = new Date(Date.now() + 60_000);
  const { text } = (await createApiToken(store.db, { name: 'ci', role: 'tuner', expires, actor: 'somebody' }))!;
  const ask = async (nowMs: number) =>
    createAuthenticate({ db: store.db, verifyJwt: undefined, nowMs: () => nowMs })(`Bearer ${text}`);
  const startMs = Date.now();
  const used = async () => (await tokens())[0]!.last_used?.getTime();
  await ask(startMs);
  await ask(startMs + 30_000);
  assert.equal(await used(), startMs);
  assert.deepEqual(await ask(startMs + 61_000), {
    code: 'invalid',
    problem: `the token expired at ${expires.toISOString()}`,
  });
});
