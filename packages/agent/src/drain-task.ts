import type { Counters } from '@connscan/detector';
import type { Detection, Policy, Sighting } from '@connscan/model';
import type { ProcessEntry, ProcessTable, Ring } from '@connscan/probe';
import type { DetectionOrigin } from './detection-of.ts';

/**
 * What the main thread and the drain workers say to each other, whole. Any worker takes any shard, as no state lives in a
 * worker; the main thread never has two tasks of one shard under way.
 */

/** What lasts of a shard, in shared memory. */
export type ShardMemory = {
  /** The detector's tables, for each model at work. */
  readonly detectors: readonly SharedArrayBuffer[];
  /** See owner-table.ts. */
  readonly owners: SharedArrayBuffer;
  /** See service-table.ts. */
  readonly services: SharedArrayBuffer;
};

/** Given to every worker when it starts. */
export type DrainWorkerData = {
  readonly rings: readonly Ring[];
  readonly processes: ProcessTable;
  /** One for each ring. */
  readonly shards: readonly ShardMemory[];
  readonly policy: Policy;
  readonly origin: DetectionOrigin;
};

export type DrainTask = {
  readonly shard: number;
  /** Boot-clock time up to which the shard is brought. */
  readonly nowMs: number;
  /** Wall-clock minus boot-clock time. */
  readonly wallOffsetMs: number;
  /** Whether sightings and counters are taken too, and not only detections. */
  readonly takeSightings: boolean;
};

/** The tables to copy, by the numbers of their shard and of their model among those at work. */
export type CopyTask = { readonly shard: number; readonly model: number };

/** A detection of a source of this host, and the process that made most of it. */
export type OwnedDetection = { readonly detection: Detection; readonly process: ProcessEntry };

/** A sighting of a service of this host, and the process that listens on it. */
export type LocalSighting = { readonly sighting: Sighting; readonly listener: ProcessEntry };

export type DrainResult = {
  readonly records: number;
  /** Of these, how many told of nobody, as the kernel did not know the originator. */
  readonly unknownOriginators: number;
  /** Payloads as they travel to the aggregator. */
  readonly detections: readonly Uint8Array[];
  readonly sightings: readonly Uint8Array[];
  /** What the main thread adds evidence to before it travels. */
  readonly owned: readonly OwnedDetection[];
  readonly local: readonly LocalSighting[];
  /** Of each model at work; undefined if they were not taken. */
  readonly counters: readonly Counters[] | undefined;
  /** The ring held more than one task takes; another is due at once. */
  readonly more: boolean;
};
