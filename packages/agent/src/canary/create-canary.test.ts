import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { createLab, type Lab } from '@connscan/lab';
import { DEFAULT_POLICY, parseCidr } from '@connscan/model';
import { openProbe, type Probe } from '@connscan/probe';
import { createCanary } from './create-canary.ts';

let lab: Lab;
before(() => {
  lab = createLab({ targets: 1 });
});
after(() => lab?.close());

function open(context: TestContext, netns?: readonly number[]): Probe {
  const probe = openProbe({
    ...DEFAULT_POLICY,
    shards: 1,
    internalCidrs: DEFAULT_POLICY.internalCidrs.map((cidr) => parseCidr(cidr)!),
    random: (bytes) => new Uint8Array(bytes),
    ...(netns && { netns }),
  });
  context.after(() => probe.close());
  return probe;
}

/** A canary whose flights are one after the other as fast as the test asks for them. */
async function fly(context: TestContext, probe: Probe, flights: number) {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const said: string[] = [];
  const logger = {
    error: (_: unknown, message?: string) => said.push(message ?? ''),
    info: (text: string) => said.push(text),
  };
  const canary = createCanary({ counters: () => probe.counters(), logger: logger as never });
  await canary.start();
  const settled = async (sent: number) => {
    while (canary.health().sent < sent) await new Promise(setImmediate);
  };
  for (let flight = 1; flight <= flights; flight++) {
    await settled(flight);
    if (flight < flights) context.mock.timers.tick(5000);
  }
  return { canary, said, settled };
}

test('each connection is seen by the probe, and none becomes a record', async (context) => {
  const probe = open(context);
  const { canary } = await fly(context, probe, 5);
  await canary.stop();
  assert.deepEqual(canary.health(), { sent: 5, seen: 5 });
  assert.equal(canary.missed(), 0);
});

test('an agent that watches other network namespaces than its own sees its canary too', async (context) => {
  const probe = open(context, [lab.source.inode]);
  const { canary } = await fly(context, probe, 3);
  await canary.stop();
  assert.deepEqual(canary.health(), { sent: 3, seen: 3 });
  assert.equal(probe.counters().submitted, 0);
});

test('once the probe is detached the connections are missed, and the third in a row is told', async (context) => {
  const probe = open(context);
  const { canary, said, settled } = await fly(context, probe, 2);
  probe.detach();
  for (const sent of [3, 4, 5, 6]) {
    context.mock.timers.tick(5000);
    await settled(sent);
  }
  await canary.stop();
  assert.deepEqual([canary.health(), canary.missed()], [{ sent: 6, seen: 2 }, 4]);
  assert.deepEqual(said, ['the probe is dead: it does not see the connections of the agent to itself']);
});
