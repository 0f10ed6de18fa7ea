/** One run of the detector, in a process of its own: prints its `DetectorRun` as JSON. The mix is its argument. */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { createShard, openDetector } from '@connscan/detector';
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

const mix = JSON.parse(process.argv[2]!) as DetectorMix;
const ring = createDetectorRing(mix);
const detector = openDetector(createShard({ ...mix.size, key: KEY, startedMs: 0 }), MODEL_POLICY);
const observeRecords = createObserveRecords(detector, ring);
const all = mix.warmUpRecords + mix.records;

/** Begin and end of what is measured, piece by piece, to tell which collections were in it. */
const pieces = new Float64Array((2 * mix.records) / ADVANCE_RECORDS);
let piece = 0;
const collections: { readonly startTime: number; readonly duration: number }[] = [];
new PerformanceObserver((list) => collections.push(...list.getEntries())).observe({ entryTypes: ['gc'] });

const sums = createSums();
let sightingsMs = 0;
for (let done = 0; done < all; done += ADVANCE_RECORDS) {
  ring.write(ADVANCE_RECORDS);
  const startMs = performance.now();
  observeRecords(done, ADVANCE_RECORDS);
  detector.advance(START_MS + (done + ADVANCE_RECORDS) / RECORDS_PER_MS);
  const endMs = performance.now();
  if (done >= mix.warmUpRecords) {
    pieces[piece++] = startMs;
    pieces[piece++] = endMs;
  }
  addAlerts(sums, detector.takeAlerts());
  if ((done + ADVANCE_RECORDS) % SIGHTINGS_RECORDS !== 0) continue;
  const takenMs = performance.now();
  const rows = detector.takeSightings(Number.POSITIVE_INFINITY);
  sightingsMs += performance.now() - takenMs;
  addSightings(sums, rows);
}
// Collections are reported in a later turn.
await setImmediate();

let measuredMs = 0;
for (let i = 0; i < pieces.length; i += 2) measuredMs += pieces[i + 1]! - pieces[i]!;
const within = collections.filter(({ startTime, duration }) => {
  for (let i = 0; i < pieces.length; i += 2)
    if (startTime + duration > pieces[i]! && startTime < pieces[i + 1]!) return true;
  return false;
});
const { evictedServices, evictedSources, episodesPutOff } = detector.counters();
const run: DetectorRun = {
  ns: measuredMs * 1e6,
  sums: sumsOf(detector, sums),
  evicted: evictedServices + evictedSources + episodesPutOff,
  gcMs: within.reduce((sum, { duration }) => sum + duration, 0),
  collections: within.length,
  sightingsPerSecond: (sums.sightings / sightingsMs) * 1000,
};
process.stdout.write(JSON.stringify(run));
