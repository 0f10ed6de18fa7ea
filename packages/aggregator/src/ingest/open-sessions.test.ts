import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { createOpenSessions, type SessionFacts } from './open-sessions.ts';

const AGENT = '11111111-1111-4111-8111-111111111111';

function createTest() {
  let nowMs = 0;
  const clones: string[][] = [];
  const sessions = createOpenSessions({
    steadyMs: () => nowMs,
    onClone: (_agentId, ends) => clones.push(ends.map(({ hostname }) => hostname)),
  });
  return {
    sessions,
    clones,
    later(ms: number) {
      nowMs += ms;
    },
    open(facts: Partial<SessionFacts> = {}) {
      const ends: status[] = [];
      const whole = { agentId: AGENT, instance: randomUUID(), epoch: 'e', hostname: 'a', bootId: 'b', expiresMs: 1 };
      const session = sessions.open({ ...whole, ...facts }, ({ code }) => ends.push(code));
      let turn: status | 'waits' | 'goes' = 'waits';
      void session.turn.then((refusal) => {
        turn = refusal?.code ?? 'goes';
      });
      const turnOf = async () => {
        await new Promise(setImmediate);
        return turn;
      };
      return { ...session, ends, turnOf };
    },
  };
}

test('one session goes at once, and its agent has a session until it is closed', async () => {
  const { sessions, open } = createTest();
  const session = open();
  assert.equal(await session.turnOf(), 'goes');
  assert.deepEqual([sessions.isOpen(AGENT), sessions.count(), sessions.agentIds()], [true, 1, [AGENT]]);
  session.close();
  assert.deepEqual([sessions.isOpen(AGENT), sessions.count(), sessions.agentIds()], [false, 0, []]);
});

test('an agent that reconnects replaces its former session, silently', async () => {
  const { sessions, clones, open, later } = createTest();
  const instance = randomUUID();
  const former = open({ instance });
  later(60_000);
  const session = open({ instance });
  assert.deepEqual(former.ends, [status.ABORTED]);
  assert.equal(await session.turnOf(), 'goes');
  // It finishes its last message.
  later(60_000);
  former.heard();
  session.heard();
  former.close();
  assert.deepEqual([clones, sessions.count()], [[], 1]);
});

test('a restarted agent waits for the end of the session that it left, and is no clone', async () => {
  const { clones, open, later } = createTest();
  const left = open();
  const restarted = open();
  assert.equal(await restarted.turnOf(), 'waits');
  // What was on its way is still read.
  later(9000);
  left.heard();
  assert.equal(await restarted.turnOf(), 'waits');
  later(30_000);
  left.close();
  assert.equal(await restarted.turnOf(), 'goes');
  restarted.heard();
  assert.deepEqual([clones, left.ends], [[], []]);
});

test('two that are alive with the same numbers are clones: the younger is refused while the elder lives', async () => {
  const { clones, open, later } = createTest();
  const elder = open({ hostname: 'original' });
  const copy = open({ hostname: 'copy' });
  later(10_000);
  elder.heard();
  elder.heard();
  assert.deepEqual(clones, [['original', 'copy']]);
  assert.equal(await copy.turnOf(), status.FAILED_PRECONDITION);
  assert.deepEqual(elder.ends, []);
});

test('two that are alive with numbers of their own are clones, and both are served', async () => {
  const { clones, open, later } = createTest();
  const elder = open({ epoch: 'e1', hostname: 'original' });
  const copy = open({ epoch: 'e2', hostname: 'copy' });
  assert.equal(await copy.turnOf(), 'goes');
  later(10_000);
  copy.heard();
  assert.deepEqual(clones, []);
  elder.heard();
  elder.heard();
  assert.deepEqual(clones, [['original', 'copy']]);
  assert.deepEqual([elder.ends, copy.ends], [[], []]);
});

test('sessions of other agents have nothing to do with each other', async () => {
  const { clones, open, later } = createTest();
  const one = open();
  const other = open({ agentId: '22222222-2222-4222-8222-222222222222' });
  assert.equal(await other.turnOf(), 'goes');
  later(60_000);
  one.heard();
  assert.deepEqual(clones, []);
});

test('an agent has eight sessions at most', async () => {
  const { open } = createTest();
  for (let n = 0; n < 8; n++) assert.equal(await open({ epoch: `${n}` }).turnOf(), 'goes');
  assert.equal(await open({ epoch: '8' }).turnOf(), status.RESOURCE_EXHAUSTED);
});

test('sessions are ended for a reason of each', () => {
  const { sessions, open } = createTest();
  const [short, long] = [open({ expiresMs: 1 }), open({ epoch: 'other', expiresMs: 5 })];
  sessions.end(({ expiresMs }) => (expiresMs < 5 ? { code: status.UNAUTHENTICATED, details: 'expired' } : undefined));
  assert.deepEqual([short.ends, long.ends], [[status.UNAUTHENTICATED], []]);
});
