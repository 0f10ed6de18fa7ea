/**
 * Drains ten million records through the ring reader and the detector, as a drain worker does, and prints what that cost
 * the heap. A program of its own, run with --expose-gc, so that nothing else makes garbage.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { createShard, openDetector } from '@connscan/detector';
import { DEFAULT_POLICY, outcomeCode, parseAddress } from '@connscan/model';
import { createRingReader, LOCAL_ADDRESS_WORD, RECORD_BYTES, RECORD_FLAGS, REMOTE_ADDRESS_WORD } from '@connscan/probe';
import { drainShard } from '../src/drain-shard.ts';

const RECORDS = 10_000_000;
/** Sources with 8 services each, just below the threshold: busy, and nothing to tell. */
const SOURCES = 2000;
const SERVICES = 8;

/** Room for one record of each source and service. */
const RING_BYTES = 2 ** 20;
const SLOTS = RING_BYTES / 64;
const data = new Int32Array((2 * RING_BYTES) / 4);
const positions = { consumer: new BigInt64Array(1), producer: new BigInt64Array(1) };
for (let slot = 0; slot < 2 * SLOTS; slot++) writeRecord(slot * 16, slot % SLOTS);

function writeRecord(header: number, number: number): void {
  const at = header + 2;
  data[header] = RECORD_BYTES;
  writeAddress(at + LOCAL_ADDRESS_WORD, `10.0.${(number % SOURCES) >> 8}.${(number % SOURCES) & 255}`);
  writeAddress(at + REMOTE_ADDRESS_WORD, '10.1.0.1');
  data[at + 12] = (1 + (Math.floor(number / SOURCES) % SERVICES)) << 16;
  data[at + 13] = outcomeCode('reset') | ((RECORD_FLAGS.active | RECORD_FLAGS.roleKnown) << 8);
}

function writeAddress(word: number, text: string): void {
  new Uint8Array(data.buffer, word * 4, 16).set(parseAddress(text)!);
}

const reader = createRingReader({
  consumer: positions.consumer,
  producer: new Int32Array(positions.producer.buffer),
  data,
});
const table = createShard({ sources: 4096, services: 65_536, episodes: 64, key: [1, 2] });
const shard = { reader, detector: openDetector(table, DEFAULT_POLICY) };

function stamp(nowNs: number): void {
  for (let slot = 0; slot < 2 * SLOTS; slot++) {
    data[slot * 16 + 2] = nowNs | 0;
    data[slot * 16 + 3] = nowNs / 2 ** 32;
  }
}

/** Fills the ring again and again, each time a millisecond later, and drains it. */
function drain(wanted: number): void {
  for (let records = 0; records < wanted; ) {
    if (!reader.hasData()) {
      nowMs++;
      stamp(nowMs * 1e6);
      positions.producer[0]! += BigInt(RING_BYTES - 64);
    }
    const task = { shard: 0, nowMs, wallOffsetMs: 0, takeSightings: false };
    records += drainShard(shard, task, '').records;
  }
}

let nowMs = 1000;
let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });

async function collect(): Promise<number> {
  globalThis.gc?.();
  // Collections are reported in a later turn.
  await setImmediate();
  return collections;
}

// Until everything is compiled, temporary numbers are made.
drain(RECORDS / 5);
const before = await collect();
const heapBefore = process.memoryUsage().heapUsed;
drain(RECORDS);
const allocatedBytes = process.memoryUsage().heapUsed - heapBefore;
await setImmediate();
const during = collections - before;
await collect();
const grownBytes = process.memoryUsage().heapUsed - heapBefore;
const { observed, services } = shard.detector.counters();
console.log(JSON.stringify({ collections: during, allocatedBytes, grownBytes, observed, services }));
