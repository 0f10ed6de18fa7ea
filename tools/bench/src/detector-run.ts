/** One run of the detector, in a process of its own: prints its `DetectorRun` as JSON. The mix is its argument. */
import { PerformanceObserver } from 'node:perf_hooks';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { createShard, openDetector } from '@connscan/detector';
import type { Sighting } from '@connscan/model';
import {
  ADVANCE_RECORDS,
  type DetectorMix,
  KEY,
  MODEL_POLICY,
  RECORDS_PER_MS,
  SIGHTINGS_RECORDS,
  START_MS,
} from './detector-mix.ts';
import { createDetectorRing } from './detector-ring.ts';
import { addAlerts, addSightings, createSums, sumsOf } from './detector-sums.ts';
import { createObserveRecords } from './observe-records.ts';
import type { DetectorRun } from './start-detector-run.ts';

const ROWS_AT_ONCE = 1600;

const mix = JSON.parse(process.argv[2]!) as DetectorMix;
const ring = createDetectorRing(mix);
const detector = openDetector(createShard({ ...mix.size, key: KEY, startedMs: 0 }), MODEL_POLICY);
const observeRecords = createObserveRecords(detector, ring);
const all = mix.warmUpRecords + mix.records;

/** What is measured, piece by piece, to tell which collections were in it. */
const pieces: { readonly startMs: number; readonly endMs: number }[] = [];
const collections: { readonly startTime: number; readonly duration: number }[] = [];
new PerformanceObserver((list) => collections.push(...list.getEntries())).observe({ entryTypes: ['gc'] });

/** Of this thread: other work on the machine does not count. */
function cpuMicroseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

const sums = createSums();

/** As many at a time as one task of the agent takes. */
function takeSightings(): void {
  let rows: readonly Sighting[];
  do {
    rows = detector.takeSightings(ROWS_AT_ONCE);
    addSightings(sums, rows);
  } while (rows.length === ROWS_AT_ONCE);
}

let measuredMicroseconds = 0;
let sightingsMicroseconds = 0;
for (let done = 0; done < all; done += ADVANCE_RECORDS) {
  ring.write(ADVANCE_RECORDS);
  const before = cpuMicroseconds();
  const startMs = performance.now();
  observeRecords(done, ADVANCE_RECORDS);
  detector.advance(START_MS + (done + ADVANCE_RECORDS) / RECORDS_PER_MS);
  const endMs = performance.now();
  if (done >= mix.warmUpRecords) {
    measuredMicroseconds += cpuMicroseconds() - before;
    pieces.push({ startMs, endMs });
  }
  addAlerts(sums, detector.takeAlerts());
  if ((done + ADVANCE_RECORDS) % SIGHTINGS_RECORDS !== 0) continue;
  const beforeRows = cpuMicroseconds();
  takeSightings();
  sightingsMicroseconds += cpuMicroseconds() - beforeRows;
}
// Collections are noted in the next turn, and reported in the one behind it.
for (let turns = 0; turns < 3; turns++) await setImmediate();

const within = collections.filter(({ startTime, duration }) =>
  pieces.some(({ startMs, endMs }) => startTime + duration > startMs && startTime < endMs),
);
const { evictedServices, evictedSources, episodesPutOff } = detector.counters();
const run: DetectorRun = {
  ns: measuredMicroseconds * 1000,
  sums: sumsOf(detector, sums),
  evicted: evictedServices + evictedSources + episodesPutOff,
  gcMs: within.reduce((sum, { duration }) => sum + duration, 0),
  collections: within.length,
  sightingsPerSecond: (sums.sightings * 1e6) / sightingsMicroseconds,
};
process.stdout.write(JSON.stringify(run));
