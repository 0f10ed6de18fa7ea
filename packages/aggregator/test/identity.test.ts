import assert from 'node:assert/strict';
import { randomUUID, X509Certificate } from 'node:crypto';
import { connect } from 'node:http2';
import { after, before, test } from 'node:test';
import { AGGREGATOR_NAME, encodeSightings } from '@connscan/wire';
import { type ChannelCredentials, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { type Authority, openAuthority } from '../src/identity/authority.ts';
import { callEnrollment, channelOf, createKeys } from './certificates.ts';
import { frameOf } from './frame-of.ts';
import { readEvents } from './read-events.ts';
import { helloOf, sightingOf } from './rows.ts';
import type { TestSession } from './session.ts';
import { startTestAggregator, type TestAggregator } from './test-aggregator.ts';

const log = { info: () => {} };

let aggregator: TestAggregator;
/** That of the aggregator, to sign what it would not. */
let authority: Authority;
before(async () => {
  aggregator = await startTestAggregator({ insecure: false });
  authority = await openAuthority({ data: aggregator.data, nowMs: Date.now, log });
});
after(() => aggregator.stop());

async function createToken(args = ''): Promise<string> {
  const { data } = await aggregator.query(`mutation { createEnrollToken${args} { ... on NewEnrollToken { token } } }`);
  return data.createEnrollToken.token;
}

/** An agent that has enrolled. */
async function enroll(args = '') {
  const { key, request } = await createKeys();
  const token = await createToken(args);
  const { agentId, certificate } = await callEnrollment(aggregator.grpc, channelOf(authority.certificate), {
    ...{ token, request },
  });
  const own = { key, certificate: new X509Certificate(certificate) };
  return { agentId, ...own, channel: channelOf(authority.certificate, own) };
}

/** A client with a certificate that the aggregator's authority, or another one, has signed for an agent. */
async function channelOfSigned(agentId: string, expires: Date, signer = authority): Promise<ChannelCredentials> {
  const { key, publicKey } = await createKeys();
  return channelOf(authority.certificate, { key, certificate: await signer.issueAgent(agentId, publicKey, expires) });
}

function hello(channel: ChannelCredentials, agentId: string, facts: object = {}): TestSession {
  const session = aggregator.session(channel);
  session.send({ hello: { ...helloOf(agentId), instance: randomUUID(), epoch: randomUUID(), ...facts } });
  return session;
}

let seq = 0;

/** Whether a session is served. */
async function assertServed(session: TestSession): Promise<void> {
  seq++;
  session.send({ batch: { seq, kind: 'SIGHTINGS', payload: encodeSightings([sightingOf()]) } });
  assert.deepEqual(await session.next(), { ack: { through: seq } });
}

async function refusalOf(session: TestSession): Promise<{ code: status; details: string }> {
  return session.ended(() => assert.fail('answered'));
}

type AuditEntry = { actor: string; action: string; subject: string; detail: string };

async function auditOf(subject: string): Promise<AuditEntry[]> {
  const { data } = await aggregator.query('{ auditLog(first: 200) { nodes { actor action subject detail } } }');
  return data.auditLog.nodes.filter((entry: AuditEntry) => entry.subject === subject);
}

test('an agent that has enrolled is served under the id of its certificate, with the labels of its token', async () => {
  const { agentId, channel } = await enroll('(labels: [{ name: "site", value: "north" }])');
  await assertServed(hello(channel, agentId));
  const { data } = await aggregator.query(`{ agents {
    id connected clone { detectedAt }
    identity { agentId hostname tokenId labels { name value } enrolledAt renewedAt certificateExpiresAt revokedAt }
  } }`);
  const { identity, ...agent } = data.agents.find(({ id }: { id: string }) => id === agentId);
  assert.deepEqual(agent, { id: agentId, connected: true, clone: null });
  const { tokenId, enrolledAt, renewedAt, certificateExpiresAt, ...told } = identity;
  assert.deepEqual(told, { agentId, hostname: 'host', labels: [{ name: 'site', value: 'north' }], revokedAt: null });
  assert.equal(renewedAt, enrolledAt);
  assert.equal(Date.parse(certificateExpiresAt) - Date.parse(enrolledAt), 30 * 86_400_000);
  const [entry] = await auditOf(agentId);
  assert.deepEqual([entry?.action, entry?.actor], ['AGENT_ENROLLED', `token ${tokenId}`]);
});

test('no certificate, an expired one, one of another authority and one of the aggregator are refused', async () => {
  const { agentId } = await enroll();
  const past = new Date(Date.now() - 1000);
  const future = new Date(Date.now() + 3_600_000);
  const other = await openAuthority({ data: `${aggregator.data}/store`, nowMs: Date.now, log });
  for (const channel of [
    channelOf(authority.certificate),
    await channelOfSigned(agentId, past),
    await channelOfSigned(agentId, future, other),
    channelOf(authority.certificate, await authority.issueAggregator(future)),
  ]) {
    // Before it has said anything.
    const { code, details } = await refusalOf(aggregator.session(channel));
    assert.equal(code, status.UNAUTHENTICATED);
    assert.match(details, /^no certificate of this aggregator/);
    const { request } = await createKeys();
    await assert.rejects(callEnrollment(aggregator.grpc, channel, { request }), { code: status.UNAUTHENTICATED });
  }
});

test('a certificate of an agent that is not enrolled here is refused, whoever signed it', async () => {
  const agentId = randomUUID();
  const { code, details } = await refusalOf(
    hello(await channelOfSigned(agentId, new Date(Date.now() + 60_000)), agentId),
  );
  assert.deepEqual([code, details], [status.PERMISSION_DENIED, `agent ${agentId} is not enrolled here`]);
});

test('a client without TLS is not served', async () => {
  const { code } = await refusalOf(aggregator.session(credentials.createInsecure()));
  assert.equal(code, status.UNAVAILABLE);
});

test('an agent that says it is another one is refused and written down, under both names', async () => {
  const [forger, victim] = [await enroll(), await enroll()];
  const { code, details } = await refusalOf(hello(forger.channel, victim.agentId));
  assert.equal(code, status.PERMISSION_DENIED);
  assert.equal(details, `hello: agentId: the certificate is of agent ${forger.agentId}, this is written down`);
  const forged = (await auditOf(victim.agentId)).filter(({ action }) => action === 'IDENTITY_FORGED');
  assert.deepEqual(forged, [
    {
      actor: `agent ${forger.agentId}`,
      action: 'IDENTITY_FORGED',
      subject: victim.agentId,
      detail: '{"hostname":"host"}',
    },
  ]);
  await assertServed(hello(forger.channel, forger.agentId));
});

test('a revoked agent is cut off: its open session ends, and neither a session nor a renewal is granted', async () => {
  const [{ agentId, channel }, other] = [await enroll(), await enroll()];
  const [session, honest] = [hello(channel, agentId), hello(other.channel, other.agentId)];
  await assertServed(session);
  const updates = await readEvents(aggregator, 'subscription { agents { agent { id } change } }');
  const { data } = await aggregator.query(
    'mutation ($id: ID!) { revokeAgent(id: $id) { ... on AgentIdentity { agentId } } }',
    {
      id: agentId.toUpperCase(),
    },
  );
  assert.equal(data.revokeAgent.agentId, agentId);
  const { data: told } = await updates.next();
  assert.deepEqual(told.agents, { agent: { id: agentId }, change: 'REVOKED' });
  await updates.close();
  const ended = await refusalOf(session);
  assert.deepEqual([ended.code, ended.details], [status.PERMISSION_DENIED, `agent ${agentId} was revoked`]);
  const again = await refusalOf(hello(channel, agentId));
  assert.equal(again.code, status.PERMISSION_DENIED);
  assert.match(again.details, /was revoked at 20/);
  const { request } = await createKeys();
  await assert.rejects(callEnrollment(aggregator.grpc, channel, { request }), { code: status.PERMISSION_DENIED });
  await assertServed(honest);
  assert.equal((await auditOf(agentId))[0]?.action, 'AGENT_REVOKED');
});

test('an agent that does not read its answers is cut off as well: nothing more of it is stored', async () => {
  const { agentId, key, certificate } = await enroll();
  // The gRPC client reads on behalf of those who do not; bare HTTP/2 does not.
  const deaf = connect(`https://${aggregator.grpc}`, {
    ...{ ca: `${authority.certificate}`, cert: `${certificate}`, servername: AGGREGATOR_NAME },
    key: key.export({ type: 'pkcs8', format: 'pem' }),
  });
  const request = deaf.request({
    ...{
      ':method': 'POST',
      ':path': '/connscan.v1.Uplink/Session',
      'content-type': 'application/grpc',
      te: 'trailers',
    },
  });
  for (const emitter of [deaf, request]) emitter.on('error', () => {});
  request.write(frameOf({ hello: helloOf(agentId) }));
  // Rejections of half a kilobyte each; the window of a stream has room for 64 KB of them.
  const payload = encodeSightings([{ ...sightingOf(), ['x'.repeat(600)]: 1 }]);
  for (let seq = 1; seq <= 2000; seq++) request.write(frameOf({ batch: { seq, kind: 'SIGHTINGS', payload } }));
  const agentOf = async () => {
    const { data } = await aggregator.query('{ agents { id connected batches } }');
    return data.agents.find(({ id }: { id: string }) => id === agentId);
  };
  let batches = -1;
  for (let stable = 0; stable < 20; ) {
    const now = (await agentOf())?.batches ?? 0;
    stable = now === batches ? stable + 1 : 0;
    batches = now;
  }
  assert.ok(batches > 0 && batches < 1000, `${batches} stored`);
  await aggregator.query('mutation ($id: ID!) { revokeAgent(id: $id) { __typename } }', { id: agentId });
  assert.deepEqual(await agentOf(), { id: agentId, connected: false, batches });
  deaf.destroy();
});

test('the same instance on a new stream replaces its old one, and no clone is told', async () => {
  const { agentId, channel } = await enroll();
  const facts = { instance: randomUUID(), epoch: randomUUID() };
  const former = hello(channel, agentId, facts);
  await assertServed(former);
  const session = hello(channel, agentId, facts);
  assert.equal((await refusalOf(former)).code, status.ABORTED);
  await assertServed(session);
  const { data } = await aggregator.query('{ agents { id connected clone { detectedAt } } }');
  const agent = data.agents.find(({ id }: { id: string }) => id === agentId);
  assert.deepEqual(agent, { id: agentId, connected: true, clone: null });
});

test('a renewed certificate is of the same agent and of the new key', async () => {
  const { agentId, channel } = await enroll();
  const { key, request } = await createKeys();
  const renewed = await callEnrollment(aggregator.grpc, channel, { request });
  assert.equal(renewed.agentId, agentId);
  const certificate = new X509Certificate(renewed.certificate);
  assert.ok(certificate.checkPrivateKey(key));
  await assertServed(hello(channelOf(authority.certificate, { key, certificate }), agentId));
  assert.deepEqual(renewed.authorities, [authority.certificate.raw]);
  assert.equal((await auditOf(agentId))[0]?.action, 'CERTIFICATE_RENEWED');
});

test('hostile enrollments are refused with what is wrong, take no use of the token, and harm nobody', async () => {
  const token = await createToken();
  const { request } = await createKeys();
  const weak = await createKeys({
    ...{ name: 'RSASSA-PKCS1-v1_5', modulusLength: 512, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' },
  });
  const channel = channelOf(authority.certificate);
  const cases: [Partial<Parameters<typeof callEnrollment>[2]>, status, RegExp][] = [
    [{ request: Buffer.alloc(0) }, status.INVALID_ARGUMENT, /^request: must be PKCS#10 in DER/],
    [{ request: Buffer.alloc(500_000) }, status.INVALID_ARGUMENT, /^request: must have at most 4096 bytes/],
    [{ request: Buffer.alloc(2 ** 21) }, status.RESOURCE_EXHAUSTED, /larger/],
    [{ request: weak.request }, status.INVALID_ARGUMENT, /^request: must have a key on P-256, has one of rsa$/],
    [{ token: '' }, status.PERMISSION_DENIED, /^token: must be the whole text/],
    [{ token: 'x'.repeat(1000) }, status.INVALID_ARGUMENT, /^token: Too big/],
    [{ hostname: '' }, status.INVALID_ARGUMENT, /^hostname: Too small/],
    [{ hostname: 'a\0b' }, status.INVALID_ARGUMENT, /invalid byte sequence/],
  ];
  for (const [change, code, details] of cases) {
    await assert.rejects(
      callEnrollment(aggregator.grpc, channel, { token, request, ...change }),
      (error: ServiceError) => {
        assert.equal(error.code, code, error.details);
        assert.match(error.details, details);
        return true;
      },
    );
  }
  const { agentId } = await callEnrollment(aggregator.grpc, channel, { token, request });
  assert.equal((await auditOf(agentId)).length, 1);
});

test('so many enroll at the same time, and no more; those that have the token get in', async () => {
  const token = await createToken('(maxUses: 100)');
  const { request } = await createKeys();
  const channel = channelOf(authority.certificate);
  const calls = Array.from({ length: 80 }, () => callEnrollment(aggregator.grpc, channel, { token, request }));
  const outcomes = await Promise.allSettled(calls);
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.ok(refused.length < 80);
  for (const { reason } of refused) assert.equal(reason.code, status.RESOURCE_EXHAUSTED);
});

test('tokens are listed without their secrets and end when they are revoked', async () => {
  const token = await createToken('(maxUses: 3, validSeconds: 60, labels: [{ name: "a/b", value: "" }])');
  const list = '{ enrollTokens(first: 1) { nodes { id labels { name value } uses maxUses revokedAt } } }';
  const [{ id, ...row }] = (await aggregator.query(list)).data.enrollTokens.nodes;
  assert.deepEqual(row, { labels: [{ name: 'a/b', value: '' }], uses: 0, maxUses: 3, revokedAt: null });
  await aggregator.query('mutation ($id: ID!) { revokeEnrollToken(id: $id) { __typename } }', { id });
  const { request } = await createKeys();
  await assert.rejects(callEnrollment(aggregator.grpc, channelOf(authority.certificate), { token, request }), {
    ...{ code: status.PERMISSION_DENIED, details: /token: was revoked/ },
  });
});

test('what cannot be is refused by name', async () => {
  const id = randomUUID();
  const cases: [mutation: string, type: string, message: RegExp][] = [
    ['createEnrollToken(maxUses: 0)', 'InvalidInput', /^maxUses: must be from 1 to 10000, is 0$/],
    ['createEnrollToken(validSeconds: 59)', 'InvalidInput', /^validSeconds: must be from 60 to 2592000, is 59$/],
    ['createEnrollToken(labels: [{ name: "-", value: "" }])', 'InvalidInput', /^labels\.name: must match/],
    ['createEnrollToken(labels: [{ name: "a", value: "ü" }])', 'InvalidInput', /^labels\.value: must be/],
    [
      'createEnrollToken(labels: [{ name: "a", value: "" }, { name: "a", value: "" }])',
      'InvalidInput',
      /^labels: must have one value for each name, a has two$/,
    ],
    ['revokeEnrollToken(id: "1")', 'InvalidInput', /^id: must be a UUID/],
    [`revokeEnrollToken(id: "${id}")`, 'NotFound', new RegExp(`^there is no enroll token ${id}$`)],
    [`revokeAgent(id: "${id}")`, 'NotFound', new RegExp(`^no agent ${id} is enrolled here$`)],
  ];
  for (const [mutation, type, message] of cases) {
    const { data } = await aggregator.query(
      `mutation { result: ${mutation} { __typename ... on UserError { message } } }`,
    );
    assert.equal(data.result.__typename, type, mutation);
    assert.match(data.result.message, message, mutation);
  }
  for (const list of ['auditLog', 'enrollTokens']) {
    const { errors = [] } = await aggregator.query(`{ ${list}(after: "zzz") { nodes { id } } }`);
    assert.deepEqual(
      errors.map(({ message, extensions }) => [message, extensions.code]),
      [['after: must be a cursor that this list gave', 'BAD_USER_INPUT']],
    );
  }
});

test('pages of tokens and of the audit log are the whole lists', async () => {
  for (const list of ['enrollTokens', 'auditLog']) {
    const whole = (await aggregator.query(`{ ${list}(first: 200) { nodes { id } } }`)).data[list].nodes;
    const paged: unknown[] = [];
    let after = '';
    for (let more = true; more; ) {
      const { data } = await aggregator.query(
        `{ ${list}(first: 4${after}) { nodes { id } pageInfo { endCursor hasNextPage } } }`,
      );
      paged.push(...data[list].nodes);
      after = `, after: "${data[list].pageInfo.endCursor}"`;
      more = data[list].pageInfo.hasNextPage;
    }
    assert.deepEqual(paged, whole);
    const { data } = await aggregator.query(`{ ${list}(last: 2) { nodes { id } } }`);
    assert.deepEqual(data[list].nodes, whole.slice(-2));
  }
});
