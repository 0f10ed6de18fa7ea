import type { Counters } from '@connscan/detector';
import { parseAddress } from '@connscan/model';
import type { MappedProcesses, RingReader } from '@connscan/probe';
import { encodeDetections, encodeSightings, MAX_BATCH_ROWS } from '@connscan/wire/payload';
import { type DetectionOrigin, detectionOf } from './detection-of.ts';
import type { DrainResult, DrainTask, TableCounters } from './drain-task.ts';
import { observeRecord } from './observe-record.ts';
import type { OpenModel, Route } from './open-models.ts';
import type { OwnerTable } from './owner-table.ts';
import type { ServiceTable } from './service-table.ts';

/** Records of one task at most: about 5 ms of work, so that a stop never waits long. */
const MAX_RECORDS = 16_384;

/** Records whose place in the ring is given back at once; also what a worker's death can make count twice. */
const RECORDS_AT_ONCE = 512;

/** A shard at work in a worker: views of the ring and of the tables. */
export type OpenShard = {
  readonly reader: RingReader;
  readonly models: readonly OpenModel[];
  readonly route: Route;
  /** Names of the policy's exceptions, in its order. */
  readonly exceptions: readonly string[];
  readonly owners: OwnerTable;
  readonly services: ServiceTable;
  readonly processes: Pick<MappedProcesses, 'find'>;
};

type Found = Pick<DrainResult, 'detections' | 'owned'>;
type Seen = Pick<DrainResult, 'sightings' | 'local' | 'counters'> & { readonly more: boolean };

const NOTHING_FOUND: Found = { detections: [], owned: [] };
const NOTHING_SEEN: Seen = { sightings: [], local: [], counters: undefined, more: false };

/** Brings one shard up to `nowMs`: reads its ring, advances its tables, and packs what they have to say. */
export function drainShard(shard: OpenShard, task: DrainTask, origin: DetectionOrigin): DrainResult {
  const { reader, models } = shard;
  // First, as a record would add to what was told and may have to be told again.
  for (const { detector } of models) detector.arrived(task.arrived);
  // Exceptions expire by the wall clock, of which new tables know nothing; the time itself is in the records to come.
  for (const { detector } of models) detector.advance(0, task.wallOffsetMs);
  let unknownOriginators = 0;
  const visit = (at: number) => {
    if (!observeRecord(shard, at)) unknownOriginators++;
  };
  const visited = () => {
    for (const { detector } of models) detector.flush();
  };
  let records = 0;
  let read: number;
  do {
    read = reader.drain(visit, RECORDS_AT_ONCE, visited);
    records += read;
  } while (read === RECORDS_AT_ONCE && records < MAX_RECORDS);
  for (const { detector } of models) detector.advance(task.nowMs, task.wallOffsetMs);

  const pending = models.some(({ detector }) => detector.pendingAlerts() > 0);
  const found = pending ? tellDetections(shard, task, origin) : NOTHING_FOUND;
  const seen = task.takeSightings ? tellSightings(shard, task) : NOTHING_SEEN;
  return { records, unknownOriginators, ...found, ...seen, more: read === RECORDS_AT_ONCE || seen.more };
}

function tellDetections(shard: OpenShard, { answer, wallOffsetMs }: DrainTask, origin: DetectionOrigin): Found {
  const { models, owners, processes } = shard;
  const foreign = [];
  const owned = [];
  for (const { model, detector } of models) {
    for (const alert of detector.tellAlerts(answer)) {
      const detection = detectionOf(alert, model, wallOffsetMs, origin);
      // A whole /64 is nobody's: its first address may be that of a host of its own.
      const own = alert.sourcePrefixBits === undefined ? owners.find(parseAddress(alert.source)!) : 0;
      const process = processes.find(own);
      if (process) owned.push({ detection, process });
      else foreign.push(detection);
    }
  }
  return { detections: inBatches(foreign).map(encodeDetections), owned };
}

function tellSightings(
  { models, services, processes, exceptions }: OpenShard,
  { answer, wallOffsetMs, maxSightings }: DrainTask,
): Seen {
  const foreign = [];
  const local = [];
  let more = false;
  for (const { detector } of models) {
    const rows = detector.tellSightings(answer, maxSightings);
    more ||= maxSightings > 0 && rows.length === maxSightings;
    for (const sighting of rows) {
      sighting.firstSeenMs += wallOffsetMs;
      sighting.lastSeenMs += wallOffsetMs;
      const listener = processes.find(services.find(parseAddress(sighting.destination)!, sighting.port));
      if (listener) local.push({ sighting, listener });
      else foreign.push(sighting);
    }
  }
  const counters = models.map(({ detector }) => withNames(detector.counters(), exceptions));
  return { sightings: inBatches(foreign).map(encodeSightings), local, counters, more };
}

/** Counters outlast the policy by whose numbers exceptions are counted, so their names go with them. */
function withNames(counters: Counters, exceptions: readonly string[]): TableCounters {
  const hits = counters.exceptionHits.map((count, index) => [exceptions[index]!, count] as const);
  return { ...counters, exceptionHits: Object.fromEntries(hits.filter(([, count]) => count > 0)) };
}

/** Slices that the aggregator takes in one batch. */
export function inBatches<Row>(rows: readonly Row[]): Row[][] {
  const batches: Row[][] = [];
  for (let at = 0; at < rows.length; at += MAX_BATCH_ROWS) batches.push(rows.slice(at, at + MAX_BATCH_ROWS));
  return batches;
}
