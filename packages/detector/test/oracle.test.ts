import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createShard, openDetector } from '../src/index.ts';
import { observeWith } from './observer.ts';
import { createOracle } from './oracle.ts';
import { inOrder, SMALL_POLICY, type Step, steps } from './scenario.ts';

const SIZE = { sources: 16, services: 400, episodes: 400 };

for (const shards of [1, 2, 4, 8]) {
  test(`${shards} shard${shards > 1 ? 's' : ''} tell what the naive rules tell, whichever worker goes on`, () => {
    fc.assert(
      fc.property(steps, (sequence) => compare(sequence, shards)),
      { numRuns: 60, seed: 42, endOnFailure: true },
    );
  });
}

function compare(sequence: readonly Step[], shards: number): void {
  const oracle = createOracle(SMALL_POLICY);
  const buffers = Array.from({ length: shards }, () => createShard({ ...SIZE, key: [1, 2] }));
  let detectors = buffers.map((buffer) => openDetector(buffer, SMALL_POLICY));
  const shardOf = (source: string) => detectors[(source.charCodeAt(source.length - 1) + source.length) % shards]!;

  const takeAlerts = () => {
    const alerts = detectors.flatMap((detector) => detector.takeAlerts());
    assert.deepEqual(inOrder(alerts), inOrder(oracle.takeAlerts()));
  };
  const takeSightings = () => {
    const rows = detectors.flatMap((detector) => {
      const taken = [];
      for (let more = detector.takeSightings(7); ; more = detector.takeSightings(7)) {
        taken.push(...more);
        if (more.length < 7) return taken;
      }
    });
    assert.deepEqual(new Set(rows.map(lineOf)), new Set(oracle.takeSightings().map(lineOf)));
  };

  for (const step of sequence) {
    if (step.kind === 'observe') {
      oracle.observe(step.observation);
      observeWith(shardOf(step.observation.source), step.observation);
    } else if (step.kind === 'advance') {
      oracle.advance(step.nowMs);
      for (const detector of detectors) detector.advance(step.nowMs);
    } else if (step.kind === 'reopen') {
      detectors = buffers.map((buffer) => openDetector(buffer, SMALL_POLICY));
    } else if (step.kind === 'alerts') {
      takeAlerts();
    } else {
      takeSightings();
    }
  }
  takeAlerts();
  takeSightings();
  const counters = detectors.map((detector) => detector.counters());
  const sum = (of: (one: (typeof counters)[number]) => number) => counters.reduce((total, one) => total + of(one), 0);
  assert.equal(
    sum((one) => one.observed),
    oracle.counters.observed,
  );
  assert.equal(
    sum((one) => one.late),
    oracle.counters.late,
  );
  assert.equal(
    sum((one) => one.ignored.sameAddress),
    oracle.counters.sameAddress,
  );
  assert.equal(
    sum((one) => one.evictedServices + one.evictedSources + one.sightingsShed + one.recoveries),
    0,
  );
}

function lineOf(row: object): string {
  return Object.values(row).join(' ');
}
