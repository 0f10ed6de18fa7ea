/** A story of the whole fleet: an agent with the real probe on each of 12 hosts, and none on those that scan. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLab, type Host, type Lab, type SpawnedAggregator, spawnAggregator } from '@connscan/lab';
import { startProgram } from '../src/start-program.ts';

const TARGETS = 12;
const SOURCES = 5;

const parts = new AsyncDisposableStack();
let aggregator: SpawnedAggregator;
let lab: Lab;

before(async () => {
  const data = await mkdtemp(join(tmpdir(), 'connscan-fleet-'));
  parts.defer(() => rm(data, { recursive: true }));
  aggregator = await spawnAggregator(join(data, 'aggregator'), '--insecure');
  parts.defer(async () => void (await aggregator.end()));
  lab = createLab({ targets: TARGETS, sources: SOURCES });
  parts.defer(() => lab.close());
  const config = join(data, 'agent.yaml');
  await writeFile(config, JSON.stringify({ shards: 1 }));
  await Promise.all(
    lab.targets.map(async (target, at) => {
      await target.serve(['silent:80', 'silent:445']);
      const run = ['run', '--aggregator', aggregator.grpc, '--data', join(data, `agent-${at}`), '--insecure'];
      const agent = await startProgram(
        'connscan-agent',
        [...run, '--config', config, '--netns', target.netns],
        'watching',
      );
      parts.defer(async () => void (await agent.stop()));
    }),
  );
});

after(() => parts.disposeAsync());

const addressesOf = (hosts: readonly Host[]) => hosts.map(({ address }) => address);

function sweep(source: Host, ports: string, targets: readonly Host[]): Promise<string> {
  return source.run('nmap', ['-sT', '-Pn', '-n', '-p', ports, ...addressesOf(targets)]);
}

async function detectionsOf(source: Host) {
  const query = `query ($source: Address!) { detections(filter: { source: $source }) { nodes {
    distinctHosts corroborated agent { id } sensors { agent { id } services hosts }
    alerts { alertType agent { id } } } } }`;
  return (await aggregator.query(query, { source: source.address })).detections.nodes;
}

/** What is asked for, as soon as it is so. */
async function until<Answer>(ask: () => Promise<Answer>, isSo: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
  }
}

test('a sweep that touches each of 12 hosts once, seen by their sensors alone, is one detection with 12 sensors', async () => {
  await sweep(lab.source, '445', lab.targets);
  const [detection, ...others] = await until(
    () => detectionsOf(lab.source),
    ([found]) => found?.sensors.length === TARGETS,
  );
  assert.deepEqual(others, []);
  assert.deepEqual([detection.agent, detection.corroborated], [null, true]);
  assert.equal(new Set(detection.sensors.map((sensor: { agent: { id: string } }) => sensor.agent.id)).size, TARGETS);
  for (const { services, hosts } of detection.sensors) assert.deepEqual([services, hosts], [1, 1]);
  const starts = detection.alerts.filter(({ alertType }: { alertType: string }) => alertType === 'START');
  assert.deepEqual(starts, [{ alertType: 'START', agent: null }]);
});

test('four sources that touch six services each are no detection, and are shown as sources', async () => {
  const sources = lab.sources.slice(1);
  await Promise.all(sources.map((source, at) => sweep(source, '80,445', lab.targets.slice(at * 3, at * 3 + 3))));
  const ask = async () => {
    const answer = await aggregator.query('{ sources { nodes { address distinctServices } } }');
    const nodes: { address: string; distinctServices: number }[] = answer.sources.nodes;
    return sources.map(({ address }) => nodes.find((node) => node.address === address)?.distinctServices);
  };
  await until(ask, (services) => services.every((count) => count === 6));
  for (const source of sources) assert.deepEqual(await detectionsOf(source), []);
});
