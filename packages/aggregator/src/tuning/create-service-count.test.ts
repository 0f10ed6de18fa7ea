import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@connscan/lab';
import { createServiceCount } from './create-service-count.ts';
import type { SourceSightings } from './group-sightings.ts';

/** Of services that are drawn from so many. */
function sightingsOf(services: number, count: number, random: ReturnType<typeof createRandom>): SourceSightings {
  const words = new Int32Array(count * 8);
  const ports = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const service = random(services);
    words[row * 8 + 7] = service >> 2;
    ports[row] = 22 + (service & 3);
  }
  const others = { outcomes: new Int32Array(count).fill(1), times: new Float64Array(count) };
  return { count, isWide: false, words, ports, ...others, sensors: new Int32Array(count) };
}

test('no service of a source is left out, few are counted twice, and the source before counts no more', () => {
  const random = createRandom(1);
  const countServices = createServiceCount();
  for (const [services, count, most] of [
    [1, 500, 1],
    [8, 500, 12],
    [100, 400, 160],
    [5000, 3000, 3000],
    [1, 1, 1],
  ] as const) {
    const sightings = sightingsOf(services, count, random);
    const rows = Int32Array.from({ length: count }, (_, row) => row);
    const distinct = new Set(rows.map((row) => sightings.words[row * 8 + 7]! * 4 + sightings.ports[row]!)).size;
    const counted = countServices(sightings, rows);
    assert.ok(counted >= distinct && counted <= most, `${counted} of ${distinct}`);
  }
});
