import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type SpawnedAggregator, spawnAggregator } from '@connscan/lab';
import { decodeEnrollToken, encodeEnrollToken } from '@connscan/wire';
import { status } from '@grpc/grpc-js';
import { enroll } from '../src/identity/enroll.ts';
import { type Identity, openIdentity } from '../src/identity/open-identity.ts';
import { readToken } from '../src/identity/read-token.ts';

const PROGRAM = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const DAY_MS = 86_400_000;

let directory: string;
let aggregator: SpawnedAggregator;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connscan-enroll-'));
  aggregator = await spawnAggregator(join(directory, 'aggregator'));
});
after(async () => {
  await aggregator?.end();
  await rm(directory, { recursive: true });
});

async function run(args: readonly string[], input = '') {
  const child = spawn(process.execPath, [PROGRAM, ...args]);
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

function enrollIn(data: string, token: string, port = Number(aggregator.grpc.split(':')[1])) {
  return enroll({ aggregator: { host: '127.0.0.1', port }, data: join(directory, data), token, hostname: 'host' });
}

async function createToken(args = ''): Promise<{ token: string; id: string }> {
  const { createEnrollToken } = await aggregator.query(
    `mutation { createEnrollToken${args} { ... on NewEnrollToken { token enrollToken { id } } } }`,
  );
  return { token: createEnrollToken.token, id: createEnrollToken.enrollToken.id };
}

/** Enrolls; the id of the agent. */
async function enrolled(data: string): Promise<string> {
  return (await enrollIn(data, (await createToken()).token)).agentId;
}

type Logged = { readonly message: string; readonly reason?: string };

/** The identity of a data directory, with what it logs. */
async function open(data: string, wallTimeMs = Date.now) {
  const logged: Logged[] = [];
  const log = (fields: { err?: Error }, message: string) => {
    logged.push({ message, ...(fields.err && { reason: fields.err.message }) });
  };
  const options = { data: join(directory, data), aggregator: aggregator.grpc, insecure: false, wallTimeMs };
  return { identity: await openIdentity({ ...options, logger: { info: log, error: log } as never }), logged };
}

/** Whether a session is accepted: OK, or how it ends. */
async function sessionOf(identity: Identity, agentId = identity.agentId): Promise<status> {
  const client = identity.connect();
  const stream = client.session();
  const ended = new Promise<status>((resolve) => {
    stream.on('error', () => {});
    stream.on('status', ({ code }) => resolve(code));
  });
  const hello = { agentId, epoch: randomUUID(), version: '1', hostname: 'host', kernel: '6', instance: randomUUID() };
  stream.write({ hello: { ...hello, bootId: '', policyHash: '', policyVersion: 0, addresses: [] } });
  stream.end();
  stream.resume();
  const code = await ended;
  client.close();
  return code;
}

test('an agent that enrolls gets its identity in files for their owner alone, and a session', async () => {
  const { token } = await createToken();
  const args = ['enroll', '--aggregator', aggregator.grpc, '--data', join(directory, 'agent')];
  const { code, stdout, stderr } = await run(args, `${token}\n`);
  assert.equal(code, 0, stderr);
  const agentId = /^enrolled as agent (\S{36}), until 20\d\d-/.exec(stdout)?.[1];
  const file = join(directory, 'agent', 'identity', 'agent.pem');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(join(file, '..'))).mode & 0o777, 0o700);
  const { identity } = await open('agent');
  assert.equal(identity.agentId, agentId);
  assert.equal(await sessionOf(identity), status.OK);
  const { expiresMs } = identity.status() as { expiresMs: number };
  assert.ok(Math.abs(expiresMs - Date.now() - 30 * DAY_MS) < 600_000);
  await identity.stop();
});

test('an agent that enrolled is refused another identity, and keeps the one it has', async () => {
  await enrolled('twice');
  const file = join(directory, 'twice', 'identity', 'agent.pem');
  const kept = await readFile(file, 'utf8');
  await assert.rejects(enrollIn('twice', (await createToken()).token), {
    code: 'ENROLLMENT_REFUSED',
    message: /agent\.pem: holds agent \S+, .*; remove it to enroll as another agent$/,
  });
  assert.equal(await readFile(file, 'utf8'), kept);
});

test('a token is taken from an option, from a file, and from the standard input', async () => {
  const file = join(directory, 'token');
  await writeFile(file, 'a token\n');
  const stdin = Object.assign(Readable.from(['a tok', 'en\n']), { isTTY: false }) as never;
  for (const args of [{ token: 'a token' }, { tokenFile: file }, {}]) {
    assert.equal(await readToken(args, stdin), 'a token');
  }
  await assert.rejects(readToken({ tokenFile: directory }, stdin), { code: 'BAD_USAGE', message: /^--token-file: / });
  assert.equal(await readToken({}, Readable.from([]) as never), '');
});

test('a token that is used up, revoked, of another authority or none is refused with the reason', async () => {
  const used = await createToken();
  await enrollIn('first', used.token);
  const revoked = await createToken();
  await aggregator.query('mutation ($id: ID!) { revokeEnrollToken(id: $id) { __typename } }', { id: revoked.id });
  const whole = decodeEnrollToken((await createToken()).token)!;
  const foreign = encodeEnrollToken({ ...whole, authority: Buffer.alloc(32) });
  const guessed = encodeEnrollToken({ ...whole, secret: Buffer.alloc(32) });
  for (const [token, code, message] of [
    [used.token, 'ENROLLMENT_REFUSED', /^127\.0\.0\.1:\d+: token: is used up, it was for 1$/],
    [revoked.token, 'ENROLLMENT_REFUSED', /: token: was revoked at 20/],
    [foreign, 'ENROLLMENT_REFUSED', /: is not the aggregator that made this token$/],
    [guessed, 'ENROLLMENT_REFUSED', /: token: is not one of this aggregator$/],
    ['x', 'BAD_USAGE', /^token: must be the whole text that `connscan enroll-token create` gave$/],
  ] as const) {
    await assert.rejects(enrollIn('refused', token), { code, message });
  }
  await assert.rejects(stat(join(directory, 'refused', 'identity')), { code: 'ENOENT' });
});

test('an aggregator that is not there, or speaks no TLS, is told as such', async (context) => {
  const { token } = await createToken();
  const unreachable = (message: RegExp) => ({ code: 'AGGREGATOR_UNREACHABLE', message });
  await assert.rejects(enrollIn('nowhere', token, 1), unreachable(/^127\.0\.0\.1:1: .*ECONNREFUSED/));
  const plain = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
  context.after(() => plain.close());
  await once(plain, 'listening');
  const { port } = plain.address() as AddressInfo;
  await assert.rejects(enrollIn('nowhere', token, port), unreachable(/; does it run with --insecure\?$/));
});

test('an agent without identity does not start, and says what to do', async () => {
  const args = ['run', '--aggregator', aggregator.grpc, '--data', join(directory, 'stranger')];
  const { code, stderr } = await run(args);
  assert.equal(code, 2);
  assert.match(stderr, /stranger has no identity: run `connscan-agent enroll` first, or give --insecure/);
});

test('at two thirds of its life a certificate is renewed, and the next session has it', async () => {
  await enrolled('renewing');
  const file = join(directory, 'renewing', 'identity', 'agent.pem');
  const first = await readFile(file, 'utf8');
  const early = await open('renewing', () => Date.now() + 19 * DAY_MS);
  await early.identity.renew();
  assert.deepEqual(early.logged, []);
  await early.identity.stop();
  assert.equal(await readFile(file, 'utf8'), first);

  const { identity, logged } = await open('renewing', () => Date.now() + 20 * DAY_MS);
  await identity.renew();
  assert.deepEqual(logged, [{ message: 'the certificate is renewed' }]);
  const second = await readFile(file, 'utf8');
  assert.notEqual(second, first);
  assert.equal(await sessionOf(identity), status.OK);

  // It was renewed a moment ago: the aggregator refuses, and the agent goes on with what it has.
  await identity.renew();
  assert.match(logged[1]?.reason ?? '', /renewed less than a minute ago/);
  assert.equal(await sessionOf(identity), status.OK);
  assert.equal(await readFile(file, 'utf8'), second);
  await identity.stop();
});

test('an agent that says it is another one is refused', async () => {
  await enrolled('forger');
  const { identity } = await open('forger');
  assert.equal(await sessionOf(identity, randomUUID()), status.PERMISSION_DENIED);
  await identity.stop();
});
