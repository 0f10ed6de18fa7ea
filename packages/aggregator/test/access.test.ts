import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generateKeyPair, type JWTPayload, UnsecuredJWT } from 'jose';
import type { Role } from '../src/access/actor.ts';
import { type Issuer, startIssuer } from './issuer.ts';
import { readEvents } from './read-events.ts';
import { startTestAggregator, type TestAggregator } from './test-aggregator.ts';

const AUDIENCE = 'connscan';

let issuer: Issuer;
let aggregator: TestAggregator;

before(async () => {
  issuer = await startIssuer();
  const roleMap = new Map<string, Role>([
    ['soc', 'analyst'],
    ['netops', 'tuner'],
  ]);
  const oidc = { issuer: issuer.url, audience: AUDIENCE, roleClaim: 'realm_access.roles', roleMap };
  aggregator = await startTestAggregator({ oidc });
});
after(async () => {
  await aggregator.stop();
  await issuer.stop();
});

/** The answer to somebody with a header, or without. */
async function ask(authorization?: string) {
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) };
  const body = JSON.stringify({ query: '{ viewer { name role } __schema { types { name } } }' });
  const response = await fetch(`${aggregator.origin}/graphql`, { method: 'POST', headers, body });
  // biome-ignore lint/suspicious/noExplicitAny: the shape is that of the query.
  const { data, errors } = (await response.json()) as any;
  return { status: response.status, challenge: response.headers.get('www-authenticate'), data, errors };
}

async function createToken(args: string): Promise<{ token: string; apiToken: { id: string } }> {
  const { data } = await aggregator.query(
    `mutation { createApiToken(${args}) { ... on NewApiToken { token apiToken { id } } } }`,
  );
  return data.createApiToken;
}

test("the first administrator's token is in a file for its owner alone", async () => {
  const { mode } = await stat(join(aggregator.data, 'admin-token'));
  assert.equal(mode & 0o777, 0o600);
  assert.match(aggregator.token, /^cst_[A-Za-z0-9_-]{43}$/);
  const { data } = await ask(`Bearer ${aggregator.token}`);
  assert.deepEqual(data.viewer, { name: 'api-token first-admin', role: 'ADMIN' });
});

test('a stranger gets 401, is told how to sign in, and nothing of the schema', async () => {
  const { status, challenge, data, errors } = await ask();
  assert.deepEqual([status, challenge, data], [401, 'Bearer realm="connscan"', undefined]);
  assert.equal(errors[0].extensions.code, 'UNAUTHENTICATED');
  for (const authorization of ['Bearer', 'Basic YTpi', 'Bearer cst_', `Bearer cst_${'A'.repeat(43)}`, 'Bearer x y']) {
    const refused = await ask(authorization);
    assert.equal(refused.status, 401, authorization);
    assert.match(
      refused.challenge ?? '',
      /^Bearer realm="connscan", error="invalid_token", error_description="[^"]+"$/,
    );
  }
  const get = await fetch(`${aggregator.origin}/graphql?query={__typename}`);
  assert.equal(get.status, 401);
});

test('a token is shown once, listed without its text, used until it is revoked, and told of in the audit log', async () => {
  const { token, apiToken } = await createToken('name: "ci", role: VIEWER, validDays: 1');
  assert.deepEqual((await ask(`Bearer ${token}`)).data.viewer, { name: 'api-token ci', role: 'VIEWER' });
  const list = '{ apiTokens(first: 1) { nodes { id name role createdBy lastUsedAt revokedAt expiresAt } } }';
  const [{ lastUsedAt, expiresAt, ...row }] = (await aggregator.query(list)).data.apiTokens.nodes;
  assert.deepEqual(row, {
    ...{ id: apiToken.id, name: 'ci', role: 'VIEWER', createdBy: 'api-token first-admin', revokedAt: null },
  });
  assert.ok(lastUsedAt !== null && Date.parse(expiresAt) > Date.now());
  const twice = await aggregator.query(
    'mutation { createApiToken(name: "ci", role: ADMIN) { __typename ... on UserError { message } } }',
  );
  assert.equal(twice.data.createApiToken.__typename, 'Conflict');

  const revoke = 'mutation ($id: ID!) { revokeApiToken(id: $id) { ... on ApiToken { revokedAt } } }';
  const { data } = await aggregator.query(revoke, { id: apiToken.id });
  assert.ok(data.revokeApiToken.revokedAt);
  assert.equal((await ask(`Bearer ${token}`)).status, 401);
  const { data: audit } = await aggregator.query('{ auditLog(first: 2) { nodes { actor action subject } } }');
  assert.deepEqual(
    audit.auditLog.nodes,
    ['API_TOKEN_REVOKED', 'API_TOKEN_CREATED'].map((action) => {
      return { actor: 'api-token first-admin', action, subject: apiToken.id };
    }),
  );
});

test('a subscription ends with the token that it was opened with', async () => {
  const { token, apiToken } = await createToken('name: "screen", role: VIEWER');
  const { origin } = aggregator;
  const events = await readEvents({ origin, token }, 'subscription { detections { missed } }');
  const ended = assert.rejects(events.next(), /the stream ended/);
  await aggregator.query('mutation ($id: ID!) { revokeApiToken(id: $id) { __typename } }', { id: apiToken.id });
  await ended;
});

const claims = (): JWTPayload => {
  const iat = Math.floor(Date.now() / 1000);
  return { iss: issuer.url, aud: AUDIENCE, sub: 'ada', iat, exp: iat + 600, realm_access: { roles: ['soc', 'cook'] } };
};

test('a JWT of the issuer signs in with the highest role that its claim names', async () => {
  const analyst = await ask(`Bearer ${await issuer.sign(claims())}`);
  assert.deepEqual(analyst.data.viewer, { name: 'user ada', role: 'ANALYST' });
  const both = await issuer.sign({ ...claims(), realm_access: { roles: ['netops', 'soc'] } });
  assert.equal((await ask(`Bearer ${both}`)).data.viewer.role, 'TUNER');
});

test('a JWT that is late, of another issuer, audience or key, unsigned or without a role is refused with the reason', async () => {
  const past = Math.floor(Date.now() / 1000) - 60;
  const { privateKey: other } = await generateKeyPair('ES256');
  const { exp: _, ...timeless } = claims();
  const cases: [jwt: string, reason: RegExp][] = [
    [await issuer.sign({ ...claims(), exp: past }), /has expired/],
    [await issuer.sign(timeless), /claim exp .* does not fit/],
    [await issuer.sign({ ...claims(), nbf: past + 3600 }), /claim nbf .* does not fit/],
    [await issuer.sign({ ...claims(), aud: 'another' }), /claim aud .* does not fit/],
    [await issuer.sign({ ...claims(), iss: 'https://example.org' }), /claim iss .* does not fit/],
    [await issuer.sign(claims(), other), /signature of the token is wrong/],
    [new UnsecuredJWT(claims()).encode(), /algorithm that is not allowed/],
    [await issuer.sign({ ...claims(), realm_access: { roles: ['cook'] } }), /claim realm_access.roles names none/],
    [await issuer.sign({ ...claims(), realm_access: 'soc' }), /claim realm_access.roles names none/],
    ['a.b.c', /is no JWT/],
  ];
  for (const [jwt, reason] of cases) {
    const { status, challenge, data } = await ask(`Bearer ${jwt}`);
    assert.equal(status, 401, String(reason));
    assert.match(challenge ?? '', reason);
    assert.equal(data, undefined);
  }
});
