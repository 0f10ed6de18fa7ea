import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShard, type Detector, openDetector } from '../src/index.ts';
import { DEFAULT_MODEL_POLICY } from './policies.ts';
import { TRIALS } from './property-runs.ts';
import { createRandom } from './random.ts';

// An agent's tables for a 256th of their size, and so the flood: a million junk sources a minute.
const SIZE = { sources: 256, services: 1536, episodes: 8 };
const JUNK_PER_MINUTE = 1_000_000 / 256;
/** A scanner is slow when the flood begins: it touched a quarter of the threshold, and touches one more each 20 s. */
const BEGUN = 3;
const SCAN_MS = 20_000;
const SCANNER = 0x0a00_0042;

test('a scanner at a quarter of the threshold is found although a million junk sources a minute flood full tables', (t) => {
  const found = Array.from({ length: TRIALS }, (_, trial) => isFound(trial)).filter(Boolean).length;
  t.diagnostic(`found in ${found} of ${TRIALS} trials`);
  assert.ok(found >= 0.999 * TRIALS, `found in ${found} of ${TRIALS} trials`);
});

function isFound(trial: number): boolean {
  const random = createRandom(trial);
  const key = [random() * 2 ** 32, random() * 2 ** 32] as const;
  const detector = openDetector(
    createShard({ ...SIZE, key: [key[0] >>> 0, key[1] >>> 0], startedMs: 0 }),
    DEFAULT_MODEL_POLICY,
  );
  const flood = createFlood(detector, random);
  for (let i = 0; i < SIZE.sources; i++) flood(0);
  for (let port = 1; port <= BEGUN; port++) touch(detector, SCANNER, port, 0);

  const gapMs = 60_000 / JUNK_PER_MINUTE;
  let port = BEGUN;
  for (let nowMs = 0; port < 10; nowMs += gapMs) {
    flood(nowMs);
    if (nowMs >= (port - BEGUN + 1) * SCAN_MS) touch(detector, SCANNER, ++port, nowMs);
  }
  assert.ok(detector.counters().evictedSources > 5000);
  return detector.takeAlerts().some(({ source }) => source === '10.0.0.66');
}

/** Sources that are never seen again; each touches one service. */
function createFlood(detector: Detector, random: () => number): (atMs: number) => void {
  let junk = 0x0a80_0000;
  return (atMs) => touch(detector, junk++, 1 + Math.floor(random() * 60_000), atMs);
}

const words = new Uint32Array(8);
const bytes = new DataView(words.buffer);
bytes.setUint16(10, 0xffff);
bytes.setUint16(26, 0xffff);
bytes.setUint32(28, 0x0a01_0001);

function touch(detector: Detector, source: number, port: number, atMs: number): void {
  bytes.setUint32(12, source);
  detector.add(words, 0, 4, port, 1, atMs);
  detector.flush();
}
