import type { Detector } from '@connscan/detector';
import type { RingReader } from '@connscan/probe';
import { MAX_BATCH_ROWS } from '@connscan/wire';
import { encodeDetections, encodeSightings } from '@connscan/wire/payload';
import { detectionOf } from './detection-of.ts';
import type { DrainResult, DrainTask } from './drain-task.ts';
import { observeRecord } from './observe-record.ts';

/** Records of one task at most: about 5 ms of work, so that a stop never waits long. */
const MAX_RECORDS = 16_384;

/** Records whose place in the ring is given back at once; also what a worker's death can make count twice. */
const RECORDS_AT_ONCE = 512;

/** Batches of sightings of one task at most. */
const MAX_SIGHTING_BATCHES = 8;

/** Shards at work in a worker: views of the ring and of the tables. */
export type OpenShard = { readonly reader: RingReader; readonly detector: Detector };

/** Brings one shard up to `nowMs`: reads its ring, advances its tables, and packs what they have to say. */
export function drainShard({ reader, detector }: OpenShard, task: DrainTask, idScope: string): DrainResult {
  const visit = (at: number) => observeRecord(detector, reader.words, at);
  let records = 0;
  let read: number;
  do {
    read = reader.drain(visit, RECORDS_AT_ONCE);
    records += read;
  } while (read === RECORDS_AT_ONCE && records < MAX_RECORDS);
  detector.advance(task.nowMs);

  const detections = detector.pendingAlerts() > 0 ? packDetections(detector, task.wallOffsetMs, idScope) : [];
  const sightings = task.takeSightings ? packSightings(detector, task.wallOffsetMs) : [];
  return {
    records,
    detections,
    sightings,
    more: read === RECORDS_AT_ONCE || sightings.length === MAX_SIGHTING_BATCHES,
  };
}

function packDetections(detector: Detector, wallOffsetMs: number, idScope: string): Uint8Array[] {
  const rows = detector.takeAlerts().map((alert) => detectionOf(alert, wallOffsetMs, idScope));
  const batches: Uint8Array[] = [];
  for (let at = 0; at < rows.length; at += MAX_BATCH_ROWS) {
    batches.push(encodeDetections(rows.slice(at, at + MAX_BATCH_ROWS)));
  }
  return batches;
}

function packSightings(detector: Detector, wallOffsetMs: number): Uint8Array[] {
  const batches: Uint8Array[] = [];
  while (batches.length < MAX_SIGHTING_BATCHES) {
    const rows = detector.takeSightings(MAX_BATCH_ROWS);
    for (const row of rows) {
      row.firstSeenMs += wallOffsetMs;
      row.lastSeenMs += wallOffsetMs;
    }
    if (rows.length > 0) batches.push(encodeSightings(rows));
    if (rows.length < MAX_BATCH_ROWS) break;
  }
  return batches;
}
