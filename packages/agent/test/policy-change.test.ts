import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { policyHash, policySchema } from '@connscan/model';
import { startMemoryAgent } from './start-memory-agent.ts';

const INSIDE = '10.0.0.1';
const OUTSIDE = '192.0.2.1';

const policyOf = (enabled: readonly string[], rest: object = {}) => {
  const off = { connscan_internal_internal: { enabled: false } };
  return policySchema.parse({
    models: { ...off, ...Object.fromEntries(enabled.map((name) => [name, { enabled: true }])) },
    ...rest,
  });
};

const INTERNAL = policyOf(['connscan_internal_internal']);
const BOTH = policyOf(['connscan_internal_internal', 'connscan_internal_external']);
const LOWER = policySchema.parse({
  models: { connscan_internal_internal: { thresholds: { low: 5, medium: 25, high: 100 } } },
});

test('while policies change again and again, and workers die, every record is judged and told once', async () => {
  const agent = await startMemoryAgent(INTERNAL, { shards: 2 });
  let slot = 0;
  const write = (destination: string) => {
    for (const ring of agent.rings) {
      const source = `10.0.${slot % 200}.1`;
      ring.write(slot % ring.slots, {
        source,
        destination,
        port: 1 + (slot % 9),
        outcome: 'reset',
        endedMs: performance.now(),
      });
      ring.publish(1);
    }
    slot++;
  };
  let done = false;
  const load = (async () => {
    // What a kernel records by a policy with both models.
    while (!done) {
      for (let record = 0; record < 20; record++) write(record % 4 === 0 ? OUTSIDE : '10.1.0.1');
      await setImmediate();
      while (agent.loop.processed() < 2 * slot - 8000) await setImmediate();
    }
  })();
  agent.dieAt(7);
  for (const policy of [BOTH, INTERNAL, LOWER, BOTH, LOWER]) await agent.applyPolicy(policy);
  done = true;
  await load;
  agent.dieAt(0);
  await agent.stop();

  assert.equal(agent.loop.processed(), 2 * slot);
  const connections = Map.groupBy(agent.sightings(), ({ destination }) => destination);
  const sum = (rows: readonly { connections: number }[] = []) =>
    rows.reduce((total, row) => total + row.connections, 0);
  assert.equal(sum(connections.get('10.1.0.1')), (2 * slot * 3) / 4, 'the model that stays misses nothing');
  const outside = sum(connections.get(OUTSIDE));
  assert.ok(outside > 0 && outside < (2 * slot) / 4, 'the other one has what came while it was at work');
});

test('a change is in force for what comes after it, and is named by detections', async () => {
  const agent = await startMemoryAgent(INTERNAL);
  const scan = (source: string) => {
    for (let port = 1; port <= 6; port++) {
      agent.rings[0]!.write(port - 1, {
        source,
        destination: '10.1.0.1',
        port,
        outcome: 'reset',
        endedMs: performance.now(),
      });
    }
  };
  scan(INSIDE);
  agent.rings[0]!.publish(6);
  await agent.applyPolicy(LOWER);
  agent.rings[0]!.write(6, {
    source: INSIDE,
    destination: '10.1.0.1',
    port: 7,
    outcome: 'reset',
    endedMs: performance.now(),
  });
  agent.rings[0]!.publish(1);
  await agent.stop();
  assert.deepEqual(
    agent.detections().map(({ source, threshold, policyHash: hash }) => [source, threshold, hash]),
    [[INSIDE, 5, policyHash(LOWER)]],
  );
  assert.deepEqual(agent.probeCalls, ['ranges', 'limits']);
});

test('a model that was switched off goes on where it was when it comes back', async () => {
  const agent = await startMemoryAgent(BOTH);
  const touch = (slot: number, port: number) => {
    const endedMs = performance.now();
    agent.rings[0]!.write(slot, { source: INSIDE, destination: OUTSIDE, port, outcome: 'reset', endedMs });
  };
  for (let port = 1; port <= 9; port++) touch(port - 1, port);
  agent.rings[0]!.publish(9);
  await agent.applyPolicy(INTERNAL);
  assert.equal(agent.sightings().length, 9);
  await agent.applyPolicy(BOTH);
  touch(9, 10);
  agent.rings[0]!.publish(1);
  await agent.stop();
  assert.deepEqual(
    agent.detections().map(({ model, distinctServices }) => [model, distinctServices]),
    [['connscan_internal_external', 10]],
  );
  assert.equal(agent.sightings().length, 10);
});

test('a kernel that refuses leaves the policy before in force', async () => {
  const agent = await startMemoryAgent(INTERNAL);
  const { setLimits } = agent.probe;
  agent.probe.setLimits = () => {
    throw new Error('EPERM');
  };
  await assert.rejects(agent.applyPolicy(LOWER), /EPERM/).finally(() => {
    agent.probe.setLimits = setLimits;
  });
  for (let port = 1; port <= 9; port++) {
    agent.rings[0]!.write(port - 1, {
      source: INSIDE,
      destination: '10.1.0.1',
      port,
      outcome: 'reset',
      endedMs: performance.now(),
    });
  }
  agent.rings[0]!.publish(9);
  await agent.stop();
  assert.deepEqual(agent.detections(), []);
});
