import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { parseAddress } from '@connscan/model';
import { createShard, openDetector } from '../src/index.ts';
import { DEFAULT_MODEL_POLICY } from './policies.ts';

// 2,000 sources with 20 services each, every source a scanner: run as its own process with --expose-gc, so that
// nothing but the detector can be the reason for a garbage collection. Prints one line of JSON.
const SOURCES = 2000;
const SERVICES = 20;
const EVENTS = 10_000_000;

let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });

const addresses = new Uint32Array((SOURCES + SERVICES) * 4);
for (let i = 0; i < SOURCES + SERVICES; i++) {
  new Uint8Array(addresses.buffer, i * 16, 16).set(parseAddress(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)!);
}
const shard = createShard({ sources: 4096, services: 65_536, episodes: 4096, key: [1, 2], startedMs: 0 });
const detector = openDetector(shard, DEFAULT_MODEL_POLICY);

function drain(from: number, events: number): void {
  for (let i = from; i < from + events; i++) {
    const service = Math.floor(i / SOURCES) % SERVICES;
    detector.add(addresses, (i % SOURCES) * 4, (SOURCES + service) * 4, 1 + service, 1 + (i & 1), i >> 10);
    if ((i & 0xffff) !== 0) continue;
    detector.flush();
    detector.advance(i >> 10);
  }
  detector.flush();
}

/** Collections and growth of the heap while so many events are drained; what is to collect before it does not count. */
async function measure(from: number, events: number): Promise<{ collections: number; grownBytes: number }> {
  globalThis.gc?.();
  await setImmediate();
  const before = { collections, heapBytes: process.memoryUsage().heapUsed };
  drain(from, events);
  const grownBytes = process.memoryUsage().heapUsed - before.heapBytes;
  await setImmediate();
  return { collections: collections - before.collections, grownBytes };
}

// Before the code is compiled it makes numbers on the heap.
drain(0, 2_000_000);
const growth = await measure(2_000_000, EVENTS);
process.stdout.write(`${JSON.stringify({ ...growth, counters: detector.counters() })}\n`);
