import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyOf } from '../test/policies.ts';
import { scan } from '../test/scan.ts';
import { createShard, openDetector, restoreShard, saveShard } from './index.ts';

const QUIET = policyOf({
  warmUpSeconds: 0,
  overrides: [
    { name: 'net', sources: ['10.0.0.0/24'], thresholds: { low: 4, medium: 25, high: 100 } },
    { name: 'host', sources: ['10.0.0.66/32'], thresholds: { low: 20, medium: 25, high: 100 } },
  ],
});
const PLAIN = policyOf({ warmUpSeconds: 0 });

const size = { sources: 64, services: 4096, episodes: 16 };
const create = () => createShard({ ...size, key: [1, 2], startedMs: 0 });

function startsOf(detector: ReturnType<typeof openDetector>): string[] {
  return detector
    .takeAlerts()
    .map(({ source, threshold, distinctServices }) => `${source} ${threshold} ${distinctServices}`);
}

test('a source is judged by the last override that takes it, others by the limits for all', () => {
  const detector = openDetector(create(), QUIET);
  for (const source of ['10.0.0.1', '10.0.0.66', '10.0.1.1']) scan(detector, { source, count: 9 });
  assert.deepEqual(startsOf(detector), ['10.0.0.1 4 9']);
  for (const source of ['10.0.0.66', '10.0.1.1']) scan(detector, { source, port: 100, count: 10 });
  assert.deepEqual(startsOf(detector), ['10.0.1.1 10 19']);
  scan(detector, { source: '10.0.0.66', port: 200, count: 1 });
  assert.deepEqual(startsOf(detector), ['10.0.0.66 20 20']);
});

test('an override of another policy, and its end, hold for the sources that are there already', () => {
  const detector = openDetector(create(), PLAIN);
  scan(detector, { source: '10.0.0.1', count: 9 });
  detector.usePolicy(QUIET);
  scan(detector, { source: '10.0.0.1', port: 100, count: 1, fromMs: 1000 });
  assert.deepEqual(startsOf(detector), ['10.0.0.1 4 10']);
  scan(detector, { source: '10.0.0.2', count: 3, fromMs: 1000 });
  detector.usePolicy(PLAIN);
  scan(detector, { source: '10.0.0.2', port: 100, count: 6, fromMs: 2000 });
  assert.deepEqual(startsOf(detector), []);
});

test('a shard that comes from a file is judged by the overrides of the policy that it is opened with', () => {
  const memory = create();
  const saved = openDetector(memory, PLAIN);
  scan(saved, { source: '10.0.0.1', count: 9 });
  const detector = openDetector(restoreShard(saveShard(memory), size), QUIET);
  scan(detector, { source: '10.0.0.1', port: 100, count: 1, fromMs: 1000 });
  assert.deepEqual(startsOf(detector), ['10.0.0.1 4 10']);
});
