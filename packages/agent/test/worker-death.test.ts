import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { DEFAULT_POLICY } from '@connscan/model';
import { startMemoryAgent } from './start-memory-agent.ts';

const ROUNDS = 4;
const SOURCES = 50;
const SERVICES = 20;

test('workers that die with the answer in hand lose no connection, tell none twice, and every alert has its number', async () => {
  const agent = await startMemoryAgent(DEFAULT_POLICY);
  const [ring] = agent.rings;
  agent.dieAt(2);
  let slot = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (let record = 0; record < SOURCES * SERVICES; record++) {
      const source = `10.0.0.${1 + (record % SOURCES)}`;
      const port = 1 + Math.floor(record / SOURCES);
      ring!.write(slot++, { source, destination: '10.1.0.1', port, outcome: 'reset', endedMs: performance.now() });
    }
    ring!.publish(SOURCES * SERVICES);
    const deaths = agent.loop.workerDeaths();
    while (agent.loop.workerDeaths() === deaths) await setImmediate();
  }
  agent.dieAt(0);
  await agent.stop();

  assert.ok(agent.loop.workerDeaths() >= ROUNDS);
  assert.equal(agent.loop.processed(), ROUNDS * SOURCES * SERVICES);
  const connections = agent.sightings().reduce((sum, { connections }) => sum + connections, 0);
  assert.equal(connections, ROUNDS * SOURCES * SERVICES);
  const detections = Map.groupBy(agent.detections(), ({ id }) => id);
  assert.equal(detections.size, SOURCES);
  for (const alerts of detections.values()) {
    assert.deepEqual(
      alerts.map(({ revision }) => revision),
      alerts.map((_, index) => index + 1),
    );
  }
});
