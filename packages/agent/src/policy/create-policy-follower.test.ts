import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_POLICY, type Policy, policyHash, policySchema } from '@connscan/model';
import { createLogger } from '@connscan/program';
import type { PolicyMessage, PolicyState } from '@connscan/wire';
import { createPolicyFollower } from './create-policy-follower.ts';

const MODEL = 'connscan_internal_internal';
const logger = createLogger('test');
logger.level = 'silent';

const withLow = (low: number) => ({ models: { [MODEL]: { thresholds: { low, medium: 100, high: 1000 } } } });

function messageOf(version: number, document: object, rollback = false): PolicyMessage {
  return { version, hash: policyHash(document as Policy), document: JSON.stringify(document), rollback };
}

/** A follower in a directory of its own, and one more for each restart. */
async function follow() {
  const directory = await mkdtemp(join(tmpdir(), 'connscan-policy-'));
  const applied: number[] = [];
  const apply = async (policy: Policy) => {
    const { low } = policy.models[MODEL].thresholds;
    if (low === 13) throw new Error('unlucky');
    applied.push(low);
  };
  const start = () => createPolicyFollower({ directory, config: DEFAULT_POLICY, apply, logger });
  const states: PolicyState[] = [];
  const tell = (state: PolicyState) => void states.push(state);
  return {
    directory,
    start,
    applied,
    states,
    tell,
    file: join(directory, 'policy.json'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

test('until it is told otherwise an agent works by its config file, as version 0', async () => {
  await using given = await follow();
  const follower = await given.start();
  assert.deepEqual(follower.current(), { version: 0, hash: policyHash(DEFAULT_POLICY), policy: DEFAULT_POLICY });
  assert.deepEqual(follower.state(), {
    version: 0,
    hash: policyHash(DEFAULT_POLICY),
    progress: 'APPLIED',
    notes: [],
  });
});

test('a policy is taken up, told step by step, kept for its owner alone, and is in force at the next start, offline', async () => {
  await using given = await follow();
  const follower = await given.start();
  await follower.receive(messageOf(3, withLow(7)), given.tell);
  const hash = policyHash(policySchema.parse(withLow(7)));
  assert.deepEqual(given.applied, [7]);
  assert.deepEqual(
    given.states.map((state) => [state.progress, state.version, state.notes.length]),
    [
      ['APPLYING', 3, 0],
      ['APPLIED', 3, 0],
    ],
  );
  assert.deepEqual([given.states[0]!.hash, given.states[1]!.hash], [policyHash(DEFAULT_POLICY), hash]);
  assert.equal((await stat(given.file)).mode & 0o777, 0o600);
  const restarted = await given.start();
  assert.deepEqual(restarted.current(), follower.current());
  assert.equal(restarted.state().version, 3);
});

test('the same policy once more is answered and not applied again', async () => {
  await using given = await follow();
  const follower = await given.start();
  for (const _ of [1, 2]) await follower.receive(messageOf(3, withLow(7)), given.tell);
  const restarted = await given.start();
  await restarted.receive(messageOf(3, withLow(7)), given.tell);
  assert.deepEqual(given.applied, [7]);
  assert.deepEqual(given.states.at(-1), given.states.at(1));
});

test('a blinding policy is bounded, what was changed is told, and the floors hold for what was kept as well', async () => {
  await using given = await follow();
  const follower = await given.start();
  const blinding = { ...withLow(80), exceptions: [{ name: 'all', sources: ['0.0.0.0/0'] }] };
  await follower.receive(messageOf(1, blinding), given.tell);
  assert.deepEqual(given.applied, [64]);
  const { progress, notes } = given.states.at(-1)!;
  assert.equal(progress, 'APPLIED');
  assert.match(notes.join('\n'), /thresholds\.low: 80 became 64.*\nexceptions\.all: left out/);
  const restarted = await given.start();
  assert.deepEqual(restarted.current().policy.exceptions, []);
  assert.deepEqual(restarted.state().notes, notes);
});

test('a document that is wrong, damaged or no JSON is refused whole, with every reason, and the one before stays', async () => {
  await using given = await follow();
  const follower = await given.start();
  await follower.receive(messageOf(1, withLow(7)), given.tell);
  const inForce = follower.current();
  const bad: [PolicyMessage, RegExp][] = [
    [messageOf(2, { ...withLow(5000), colour: 'red' }), /thresholds\.low: .*colour/s],
    [{ ...messageOf(2, withLow(8)), document: JSON.stringify(withLow(9)) }, /^hash: /],
    [{ ...messageOf(2, withLow(8)), document: '{' }, /^document: must be JSON/],
    [messageOf(2, withLow(13)), /^unlucky/],
  ];
  for (const [message, reason] of bad) {
    await follower.receive(message, given.tell);
    const { version, progress, hash, notes } = given.states.at(-1)!;
    assert.deepEqual([version, progress, hash], [2, 'FAILED', inForce.hash]);
    assert.match(notes.join('\n'), reason);
    assert.deepEqual(follower.current(), inForce);
  }
  assert.equal((await given.start()).current().version, 1);
});

test('an older version is refused unless a rollback was asked for; version 0 is the config file again', async () => {
  await using given = await follow();
  const follower = await given.start();
  await follower.receive(messageOf(5, withLow(7)), given.tell);
  await follower.receive(messageOf(4, withLow(8)), given.tell);
  assert.match(given.states.at(-1)!.notes[0]!, /4 is older than 5/);
  assert.equal(follower.current().version, 5);
  await follower.receive(messageOf(4, withLow(8), true), given.tell);
  assert.equal((await given.start()).current().version, 4);
  await follower.receive({ version: 0, hash: '', document: '', rollback: true }, given.tell);
  assert.deepEqual(given.applied, [7, 8, DEFAULT_POLICY.models[MODEL].thresholds.low]);
  assert.deepEqual((await given.start()).current().policy, DEFAULT_POLICY);
});

test('policies that come at once are taken one after the other', async () => {
  await using given = await follow();
  const follower = await given.start();
  await Promise.all([1, 2, 3].map((version) => follower.receive(messageOf(version, withLow(version)), given.tell)));
  assert.deepEqual(given.applied, [1, 2, 3]);
  assert.equal(JSON.parse(await readFile(given.file, 'utf8')).version, 3);
});

test('a kept policy that is damaged is told, and the config file is in force', async () => {
  await using given = await follow();
  for (const text of ['{', '{}', JSON.stringify({ version: 3, hash: 'x', document: '{}' })]) {
    await writeFile(given.file, text);
    const follower = await given.start();
    assert.equal(follower.current().version, 0);
    assert.match(follower.state().notes[0]!, /^kept policy: /);
  }
});

test('a policy that cannot be kept is in force all the same, and the note says so', async () => {
  await using given = await follow();
  const follower = await createPolicyFollower({
    directory: join(given.directory, 'gone'),
    config: DEFAULT_POLICY,
    apply: async () => {},
    logger,
  });
  await follower.receive(messageOf(1, withLow(7)), given.tell);
  assert.equal(given.states.at(-1)!.progress, 'APPLIED');
  assert.match(given.states.at(-1)!.notes[0]!, /^not kept for the next start: ENOENT/);
});
