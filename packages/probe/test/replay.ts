/**
 * Drains ten million records of an in-memory ring, reading every field, and prints what that cost. A program of its own,
 * so that nothing else makes garbage.
 */
import { PerformanceObserver, performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import * as record from '../src/record.ts';
import { createRingReader } from '../src/ring-reader.ts';
import { createMemoryRing } from './memory-ring.ts';

const RECORDS = 10_000_000;
const BATCH = 10_000;

const ring = createMemoryRing(4 * 2 ** 20);
for (let i = 0; ring.push(-i) !== false; i++);
const reader = createRingReader(ring.pages);
const { words } = reader;
let checksum = 0;

function visit(at: number): void {
  checksum ^= record.recordEndedMs(words, at) + record.recordNetns(words, at) + record.recordProcess(words, at);
  checksum ^= record.recordLocalPort(words, at) + record.recordRemotePort(words, at);
  checksum ^= record.recordOutcome(words, at) + record.recordFlags(words, at);
  checksum ^= record.recordOriginatorBytes(words, at) + record.recordLifetimeLog2Ms(words, at);
  for (let word = 2; word < 10; word++) checksum ^= words[at + word]!;
}

function drain(wanted: number): void {
  for (let records = 0; records < wanted; ) {
    if (!reader.hasData()) ring.replay();
    records += reader.drain(visit, BATCH);
  }
}

// Until everything is compiled, temporary numbers are made.
drain(RECORDS / 10);
globalThis.gc?.();
const collectedAtMs: number[] = [];
new PerformanceObserver((list) => {
  collectedAtMs.push(...list.getEntries().map((entry) => entry.startTime));
}).observe({ entryTypes: ['gc'] });

const heapBefore = process.memoryUsage().heapUsed;
const startMs = performance.now();
drain(RECORDS);
const endMs = performance.now();
const heapGrowthBytes = process.memoryUsage().heapUsed - heapBefore;

// Collections are reported late but in order: once this one is known, so are those before.
globalThis.gc?.();
while (!collectedAtMs.some((atMs) => atMs >= endMs)) await setImmediate();
const collections = collectedAtMs.filter((atMs) => startMs <= atMs && atMs < endMs).length;
const recordsPerSecond = Math.round(RECORDS / ((endMs - startMs) / 1000));
console.log(JSON.stringify({ collections, heapGrowthBytes, recordsPerSecond, checksum }));
