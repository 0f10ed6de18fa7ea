import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentBench } from '../src/agent-bench.ts';

test('agent: processor time and memory of the packed agent are measured under each load', async () => {
  const options = { rounds: 2, windowMs: 200, warmUpMs: 400, spreadMs: 200, say: () => {} };
  const results = await agentBench(options);
  const values = new Map(results.map(({ name, value }) => [name, value]));
  for (const load of ['Idle', 'At1k', 'At10k', 'AtMost']) assert.ok(values.get(`agent.cpuPercent${load}`)! >= 0, load);
  assert.ok(values.get('agent.connectionsPerSecondAtMost')! > 0);
  // More than the executable alone has, less than an agent from sources.
  for (const name of ['rssMiB', 'rssMiBSpread']) {
    const mib = values.get(`agent.${name}`)!;
    assert.ok(mib > 60 && mib < 220, `${name} ${mib}`);
  }
});
