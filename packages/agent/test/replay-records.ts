/**
 * Drains ten million records through the ring reader and the detector, as a drain worker does, and prints what that cost
 * the heap. A program of its own, run with --expose-gc, so that nothing else makes garbage.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { DEFAULT_POLICY } from '@connscan/model';
import { drainShard } from '../src/drain-shard.ts';
import { createMemoryRing, openMemoryShard } from './memory-ring.ts';

const RECORDS = 10_000_000;
/** Sources with 8 services each, just below the threshold: busy, and nothing to tell. */
const SOURCES = 2000;
const SERVICES = 8;
const TASK = { shard: 0, generation: 0, answer: 1, arrived: 0, wallOffsetMs: 0, takeSightings: false, maxSightings: 0 };
const ORIGIN = { idScope: '', policyHash: '0000000000000000' };

const ring = createMemoryRing(2 ** 14);
for (let slot = 0; slot < ring.slots; slot++) {
  const source = slot % SOURCES;
  ring.write(slot, {
    source: `10.0.${source >> 8}.${source & 255}`,
    destination: '10.1.0.1',
    port: 1 + (Math.floor(slot / SOURCES) % SERVICES),
    outcome: 'reset',
    endedMs: 0,
  });
}

const shard = openMemoryShard(ring, DEFAULT_POLICY, { sources: 4096, services: 65_536, episodes: 64 });

/** Fills the ring again and again, each time a millisecond later, and drains it. */
function drain(wanted: number): void {
  for (let records = 0; records < wanted; ) {
    if (!ring.reader.hasData()) {
      ring.stamp(++nowMs);
      ring.publish(ring.slots - 1);
    }
    records += drainShard(shard, { ...TASK, nowMs }, ORIGIN).records;
  }
}

/** Beyond 2^31 and no whole number: only small integers cost the engine nothing as they are. */
let nowMs = 2 ** 31 + 0.25;
let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });

/** Collections are noted in the next turn, and reported in the one behind it. */
async function countCollections(): Promise<number> {
  for (let turns = 0; turns < 3; turns++) await setImmediate();
  return collections;
}

async function collect(): Promise<number> {
  globalThis.gc?.();
  return await countCollections();
}

// Until everything is compiled, temporary numbers are made.
drain(RECORDS / 5);
const before = await collect();
const heapBefore = process.memoryUsage().heapUsed;
drain(RECORDS);
const allocatedBytes = process.memoryUsage().heapUsed - heapBefore;
const during = (await countCollections()) - before;
await collect();
const grownBytes = process.memoryUsage().heapUsed - heapBefore;
const { observed, services } = shard.models[0]!.detector.counters();
console.log(JSON.stringify({ collections: during, allocatedBytes, grownBytes, observed, services }));
