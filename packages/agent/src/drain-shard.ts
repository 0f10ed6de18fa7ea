import type { Detector } from '@connscan/detector';
import { parseAddress } from '@connscan/model';
import type { MappedProcesses, RingReader } from '@connscan/probe';
import { MAX_BATCH_ROWS } from '@connscan/wire';
import { encodeDetections, encodeSightings } from '@connscan/wire/payload';
import { detectionOf } from './detection-of.ts';
import type { DrainResult, DrainTask } from './drain-task.ts';
import { observeRecord } from './observe-record.ts';
import type { OwnerTable } from './owner-table.ts';
import type { ServiceTable } from './service-table.ts';

/** Records of one task at most: about 5 ms of work, so that a stop never waits long. */
const MAX_RECORDS = 16_384;

/** Records whose place in the ring is given back at once; also what a worker's death can make count twice. */
const RECORDS_AT_ONCE = 512;

/** Sightings of one task at most. */
const MAX_SIGHTINGS = 8 * MAX_BATCH_ROWS;

/** A shard at work in a worker: views of the ring and of the tables. */
export type OpenShard = {
  readonly reader: RingReader;
  readonly detector: Detector;
  readonly owners: OwnerTable;
  readonly services: ServiceTable;
  readonly processes: Pick<MappedProcesses, 'find'>;
};

type Found = Pick<DrainResult, 'detections' | 'owned'>;
type Seen = Pick<DrainResult, 'sightings' | 'local'> & { readonly more: boolean };

const NOTHING_FOUND: Found = { detections: [], owned: [] };
const NOTHING_SEEN: Seen = { sightings: [], local: [], more: false };

/** Brings one shard up to `nowMs`: reads its ring, advances its tables, and packs what they have to say. */
export function drainShard(shard: OpenShard, task: DrainTask, idScope: string): DrainResult {
  const visit = (at: number) => observeRecord(shard, at);
  let records = 0;
  let read: number;
  do {
    read = shard.reader.drain(visit, RECORDS_AT_ONCE);
    records += read;
  } while (read === RECORDS_AT_ONCE && records < MAX_RECORDS);
  shard.detector.advance(task.nowMs);

  const found = shard.detector.pendingAlerts() > 0 ? takeDetections(shard, task.wallOffsetMs, idScope) : NOTHING_FOUND;
  const seen = task.takeSightings ? takeSightings(shard, task.wallOffsetMs) : NOTHING_SEEN;
  return { records, ...found, ...seen, more: read === RECORDS_AT_ONCE || seen.more };
}

function takeDetections({ detector, owners, processes }: OpenShard, wallOffsetMs: number, idScope: string): Found {
  const foreign = [];
  const owned = [];
  for (const alert of detector.takeAlerts()) {
    const detection = detectionOf(alert, wallOffsetMs, idScope);
    const process = processes.find(owners.find(parseAddress(alert.source)!));
    if (process) owned.push({ detection, process });
    else foreign.push(detection);
  }
  return { detections: inBatches(foreign).map(encodeDetections), owned };
}

function takeSightings({ detector, services, processes }: OpenShard, wallOffsetMs: number): Seen {
  const rows = detector.takeSightings(MAX_SIGHTINGS);
  const foreign = [];
  const local = [];
  for (const sighting of rows) {
    sighting.firstSeenMs += wallOffsetMs;
    sighting.lastSeenMs += wallOffsetMs;
    const listener = processes.find(services.find(parseAddress(sighting.destination)!, sighting.port));
    if (listener) local.push({ sighting, listener });
    else foreign.push(sighting);
  }
  return { sightings: inBatches(foreign).map(encodeSightings), local, more: rows.length === MAX_SIGHTINGS };
}

/** Slices that the aggregator takes in one batch. */
export function inBatches<Row>(rows: readonly Row[]): Row[][] {
  const batches: Row[][] = [];
  for (let at = 0; at < rows.length; at += MAX_BATCH_ROWS) batches.push(rows.slice(at, at + MAX_BATCH_ROWS));
  return batches;
}
