import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type SpawnedAggregator, spawnAggregator } from '@connscan/lab';
import type { Detection } from '@connscan/model';
import { encodeDetections, encodeSightings } from '@connscan/wire';
import { readEvents } from './read-events.ts';
import { detectionOf, helloOf, idOf, sightingOf } from './rows.ts';
import { openSession } from './session.ts';

let data: string;
let aggregator: SpawnedAggregator;
let nextSeq = 1;

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'connscan-correlation-'));
  aggregator = await spawnAggregator(data, '--insecure');
});

after(async () => {
  await aggregator.end('SIGKILL');
  await rm(data, { recursive: true });
});

const sensorOn = (host: number) => `00000000-0000-4000-8000-${String(host).padStart(12, '0')}`;
const address = (host: number) => `10.2.0.${host}`;

/** One batch of an agent; resolves when it is committed. */
async function send(agentId: string, kind: string, payload: Uint8Array, addresses: string[] = []): Promise<void> {
  const session = openSession(aggregator.grpc);
  const seq = nextSeq++;
  session.send({ hello: { ...helloOf(agentId), hostname: agentId.slice(-3), addresses } });
  session.send({ batch: { seq, kind, payload } });
  assert.deepEqual(await session.next(), { ack: { through: seq } });
  session.close();
}

/** The agents on these hosts each tell of one connection of `source` to their host. */
async function touch(source: string, hosts: Iterable<number>, ports = [445]): Promise<void> {
  for (const host of hosts) {
    const nowMs = Date.now();
    const times = { firstSeenMs: nowMs, lastSeenMs: nowMs };
    const rows = ports.map((port) => sightingOf({ source, destination: address(host), port, ...times }));
    await send(sensorOn(host), 'SIGHTINGS', encodeSightings(rows), [address(host)]);
  }
}

const hostsFrom = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at);

const QUERY = `query ($source: Address!) { detections(filter: { source: $source }) { nodes {
  id revision severity corroborated agent { id } sourceAgent { id } samples { targetAgent { id } }
  sensors { agent { id } side services hosts } claims { id agent { id } } alerts { alertType agent { id } }
} } }`;

async function detectionsOf(source: string) {
  return (await aggregator.query(QUERY, { source })).detections.nodes;
}

/** The one detection of a source, once it has so many sensors: they are looked up each second. */
async function detectionWith(source: string, sensors: number) {
  for (;;) {
    const [detection, ...others] = await detectionsOf(source);
    assert.deepEqual(others, []);
    if (detection.sensors.length === sensors) return detection;
  }
}

const EVENTS = 'subscription { detections { detection { id source alertType severity revision } } }';

test('a sweep that each of 12 hosts sees one connection of is one detection with 12 sensors', async () => {
  const source = '10.9.0.1';
  const events = await readEvents(aggregator, EVENTS);
  await touch(source, hostsFrom(1, 12));
  const { detection: event } = (await events.next()).data.detections;
  assert.deepEqual([event.source, event.alertType], [source, 'START']);
  await events.close();
  const detection = await detectionWith(source, 12);
  assert.deepEqual([detection.agent, detection.corroborated], [null, true]);
  assert.ok(
    detection.sensors.every(
      ({ side, services, hosts }: { side: string; services: number; hosts: number }) =>
        side === 'TARGET' && services === 1 && hosts === 1,
    ),
  );
  assert.equal(detection.sourceAgent, null);
  assert.ok(detection.samples.every(({ targetAgent }: { targetAgent: unknown }) => targetAgent !== null));
});

test('four sources that touch six services each are no detection, and are shown as sources', async () => {
  const sources = [21, 22, 23, 24].map((last) => `10.9.0.${last}`);
  for (const source of sources) await touch(source, hostsFrom(1, 3), [22, 80]);
  for (const source of sources) assert.deepEqual(await detectionsOf(source), []);
  const { sources: shown } = await aggregator.query('{ sources(first: 200) { nodes { address distinctServices } } }');
  const found = new Map(
    shown.nodes.map((node: { address: string; distinctServices: number }) => [node.address, node.distinctServices]),
  );
  assert.deepEqual(
    sources.map((source) => found.get(source)),
    [6, 6, 6, 6],
  );
});

test('what the agent on the scanning host claims is the same detection, with its agent and no second start', async () => {
  const source = '10.9.0.3';
  const events = await readEvents(aggregator, EVENTS);
  await touch(source, hostsFrom(1, 10));
  const start = (await events.next()).data.detections.detection;
  const nowMs = Date.now();
  const times = { firstSeenMs: nowMs - 1000, lastSeenMs: nowMs, startedMs: nowMs };
  const claim: Detection = detectionOf({ ...times, id: idOf(77), source, severity: 'medium', distinctServices: 30 });
  await send(sensorOn(100), 'DETECTIONS', encodeDetections([claim]), [source]);
  const next = (await events.next()).data.detections.detection;
  await events.close();
  assert.deepEqual([start.alertType, next.alertType, next.id, next.severity], ['START', 'ONGOING', start.id, 'MEDIUM']);
  const detection = await detectionWith(source, 11);
  assert.equal(detection.sourceAgent.id, sensorOn(100));
  assert.deepEqual(
    detection.claims.map(({ agent }: { agent: { id: string } | null }) => agent?.id ?? null),
    [null, sensorOn(100)],
  );
});

test('an agent that speaks of others alone is shown as uncorroborated', async () => {
  const source = '10.9.0.4';
  const nowMs = Date.now();
  const claim = detectionOf({ id: idOf(78), source, firstSeenMs: nowMs, lastSeenMs: nowMs, startedMs: nowMs });
  await send(sensorOn(101), 'DETECTIONS', encodeDetections([claim]), ['10.2.0.101']);
  const [detection] = await detectionsOf(source);
  assert.equal(detection.corroborated, false);
});

test('a kill -9 in the middle of a sweep loses none of it and starts nothing twice', async () => {
  const [begun, going] = ['10.9.0.5', '10.9.0.6'];
  await touch(begun, hostsFrom(1, 9));
  await touch(going, hostsFrom(1, 12));
  const { id } = await detectionWith(going, 12);
  await aggregator.end('SIGKILL');
  aggregator = await spawnAggregator(data, '--insecure');
  const events = await readEvents(aggregator, EVENTS);
  await touch(begun, [10]);
  const start = (await events.next()).data.detections.detection;
  assert.deepEqual([start.source, start.alertType], [begun, 'START']);
  await touch(going, hostsFrom(13, 25));
  let severity = 'LOW';
  while (severity === 'LOW') {
    const raised = (await events.next()).data.detections.detection;
    assert.deepEqual([raised.id, raised.alertType], [id, 'ONGOING']);
    severity = raised.severity;
  }
  await events.close();
  const detection = await detectionWith(going, 25);
  assert.deepEqual(
    detection.alerts
      .map(({ alertType }: { alertType: string }) => alertType)
      .filter((type: string) => type === 'START'),
    ['START'],
  );
  assert.equal((await detectionWith(begun, 10)).claims.length, 1);
});
