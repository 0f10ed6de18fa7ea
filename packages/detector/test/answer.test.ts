import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sighting } from '@connscan/model';
import fc from 'fast-check';
import { beginAnswer, endAnswer } from '../src/answer.ts';
import { type Alert, createShard, openDetector } from '../src/index.ts';
import { H_IN_PROGRESS, WORKING } from '../src/layout.ts';
import type { Shard } from '../src/shard.ts';
import { tellAlerts } from '../src/take-alerts.ts';
import { tellSightings } from '../src/take-sightings.ts';
import { createMortal, DEATH } from './mortal.ts';
import { observeWith } from './observer.ts';
import { SMALL_POLICY } from './policies.ts';
import { DEATH_RUNS, PROPERTY_SEED } from './property-runs.ts';

const SIZE = { sources: 64, services: 1024, episodes: 64, key: [1, 2] as const, startedMs: 0 };
const LIMIT = 5;

/** What befalls an answer: it arrives, it is lost on its way, or the worker dies while it tells it or hears that it arrived. */
const fates = fc.record({
  fate: fc.constantFrom('arrives', 'lost', 'dies telling', 'dies hearing'),
  fatalStore: fc.nat(60),
});
const touches = fc.array(fc.record({ source: fc.nat(3), port: fc.integer({ min: 1, max: 12 }) }), { maxLength: 25 });
const rounds = fc.array(fc.tuple(touches, fates), { minLength: 3, maxLength: 25 });

type Told = { readonly alerts: Alert[]; readonly sightings: Sighting[] };

function connectionsOf(told: readonly Told[]): Map<string, number> {
  const connections = new Map<string, number>();
  for (const { source, destination, port, outcome, connections: more } of told.flatMap(({ sightings }) => sightings)) {
    const row = [source, destination, port, outcome].join(' ');
    connections.set(row, (connections.get(row) ?? 0) + more);
  }
  return new Map([...connections].sort());
}

function alertsOf(told: readonly Told[]): string[] {
  return told
    .flatMap(({ alerts }) => alerts)
    .map(({ source, startedMs, revision }) => [source, startedMs, revision].join(' '))
    .sort();
}

test('whichever answers are lost, and wherever a worker dies, what arrives is every connection once and every alert by its number', () => {
  const property = fc.property(rounds, (given) => {
    const memory = createShard(SIZE);
    const mortal = createMortal(memory, SMALL_POLICY);
    const open = () => openDetector(memory, SMALL_POLICY);
    const die = (fatalStore: number, work: (shard: Shard) => void) => {
      const header = new Int32Array(memory.buffer);
      header[H_IN_PROGRESS] = WORKING;
      mortal.live(fatalStore);
      try {
        work(mortal.shard);
        header[H_IN_PROGRESS] = 0;
      } catch (error) {
        if (error !== DEATH) throw error;
      }
    };
    let detector = open();
    let nowMs = 1000;
    let observed = 0;
    let number = 0;
    let arrived = 0;
    const told: Told[] = [];
    const answer = (): Told => ({
      alerts: detector.tellAlerts(++number),
      sightings: detector.tellSightings(number, LIMIT),
    });
    const receive = (one: Told) => {
      told.push(one);
      arrived = number;
    };

    for (const [touched, { fate, fatalStore }] of given) {
      detector.arrived(arrived);
      for (const { source, port } of touched) {
        nowMs += 400;
        observed++;
        const addresses = { source: `10.0.0.${source + 1}`, destination: '10.1.0.1' };
        observeWith(detector, { ...addresses, port, outcome: 1, atMs: nowMs });
      }
      if (fate === 'dies telling') {
        number++;
        die(fatalStore, (shard) => {
          beginAnswer(shard, number);
          tellAlerts(shard);
          tellSightings(shard, LIMIT);
        });
        detector = open();
        continue;
      }
      const one = answer();
      if (fate === 'lost') {
        detector = open();
        continue;
      }
      receive(one);
      if (fate === 'dies hearing') {
        die(fatalStore, (shard) => endAnswer(shard, arrived));
        detector = open();
      }
    }
    for (let last = 1; last > 0; ) {
      detector.arrived(arrived);
      const one = answer();
      last = one.alerts.length + one.sightings.length;
      receive(one);
    }

    const connections = [...connectionsOf(told).values()].reduce((sum, more) => sum + more, 0);
    assert.equal(connections, observed);
    const alerts = alertsOf(told);
    assert.equal(new Set(alerts).size, alerts.length);
    const revisions = Map.groupBy(
      told.flatMap((one) => one.alerts),
      ({ source, startedMs }) => `${source} ${startedMs}`,
    );
    for (const episode of revisions.values()) {
      assert.deepEqual(
        episode.map(({ revision }) => revision),
        episode.map((_, index) => index + 1),
      );
    }
  });
  fc.assert(property, { numRuns: Math.max(300, DEATH_RUNS), seed: PROPERTY_SEED });
});

test('rows that are told at once are not told again by an answer', () => {
  const detector = openDetector(createShard(SIZE), SMALL_POLICY);
  const touch = (port: number) =>
    observeWith(detector, { source: '10.0.0.1', destination: '10.1.0.1', port, outcome: 1, atMs: 1000 });
  touch(1);
  assert.equal(detector.takeSightings(LIMIT).length, 1);
  touch(2);
  assert.deepEqual(
    detector.tellSightings(1, LIMIT).map(({ port }) => port),
    [2],
  );
  assert.deepEqual(
    detector.takeSightings(LIMIT).map(({ port }) => port),
    [2],
    'an answer of which nothing is known is lost',
  );
});
