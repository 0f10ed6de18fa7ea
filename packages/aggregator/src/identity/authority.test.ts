import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AGGREGATOR_NAME, agentIdOf } from '@connscan/wire';
import { createKeys } from '../../test/certificates.ts';
import { openAuthority } from './authority.ts';
import { createTlsCredentials } from './tls-credentials.ts';

const ID = '11111111-1111-4111-8111-111111111111';
const NOW_MS = Date.UTC(2026, 0, 31);
const DAY_MS = 86_400_000;

let data: string;
before(async () => {
  data = await mkdtemp(join(tmpdir(), 'connscan-'));
});
after(() => rm(data, { recursive: true }));

const log = { info: () => {}, error: () => {} };
const open = () => openAuthority({ data, nowMs: () => NOW_MS, log });

test('an authority is made once, in a file for its owner alone, and is the same after a restart', async () => {
  const made = await open();
  const file = join(data, 'identity', 'authority.pem');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(join(file, '..'))).mode & 0o777, 0o700);
  const kept = await open();
  assert.deepEqual(kept.fingerprint, made.fingerprint);
  assert.equal(kept.fingerprint.length, 32);
  const { key, certificate } = await kept.issueAggregator(new Date(NOW_MS + DAY_MS));
  assert.ok(certificate.checkPrivateKey(key));
  assert.ok(certificate.verify(made.certificate.publicKey));
});

test('an agent is named by its certificate, can be no server, and an aggregator no client', async () => {
  const authority = await open();
  const { publicKey } = await createKeys();
  const agent = await authority.issueAgent(ID, publicKey, new Date(NOW_MS + 30 * DAY_MS));
  assert.equal(agentIdOf(agent.subjectAltName), ID);
  assert.deepEqual(agent.keyUsage, ['1.3.6.1.5.5.7.3.2']);
  assert.equal(agent.validToDate.getTime(), NOW_MS + 30 * DAY_MS);
  assert.ok(agent.checkIssued(authority.certificate) && !agent.ca);
  const { certificate } = await authority.issueAggregator(new Date(NOW_MS + DAY_MS));
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.equal(certificate.checkHost(AGGREGATOR_NAME), AGGREGATOR_NAME);
  assert.equal(agentIdOf(certificate.subjectAltName), undefined);
});

test('the certificate of the aggregator is replaced at two thirds of its life', async () => {
  let nowMs = NOW_MS;
  const tls = await createTlsCredentials({ authority: await open(), nowMs: () => nowMs, log });
  const certificateOf = () => tls.credentials._getSecureContextOptions()?.cert;
  const first = certificateOf();
  nowMs += 59 * DAY_MS;
  await tls.renew();
  assert.equal(certificateOf(), first);
  nowMs += DAY_MS;
  await tls.renew();
  assert.notEqual(certificateOf(), first);
  tls.stop();
});

test('a damaged authority, and a certificate of another kind in its place, are told and not replaced', async () => {
  const file = join(data, 'identity', 'authority.pem');
  const whole = await readFile(file, 'utf8');
  const { key, certificate } = await (await open()).issueAggregator(new Date(NOW_MS + DAY_MS));
  for (const [content, message] of [
    [whole.slice(0, 100), /authority\.pem: must hold a private key and its certificates/],
    ['', /authority\.pem: must hold a private key and its certificates/],
    [`${key.export({ type: 'pkcs8', format: 'pem' })}${certificate}`, /authority\.pem: must hold an authority/],
  ] as const) {
    await writeFile(file, content);
    await assert.rejects(open(), { code: 'IDENTITY_UNUSABLE', message });
    assert.equal(await readFile(file, 'utf8'), content);
  }
});
