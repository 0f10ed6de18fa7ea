import type { Counters } from '@connscan/detector';
import type { Detection, ModelName, Policy, Sighting } from '@connscan/model';
import type { ProcessEntry, ProcessTable, Ring } from '@connscan/probe';
import type { DetectionOrigin } from './detection-of.ts';

/**
 * What the main thread and the drain workers say to each other, whole. Any worker takes any shard, as no state lives in a
 * worker; the main thread never has two tasks of one shard under way. A worker may die between any two lines: the answer that
 * is lost then is given again, as the next task says which was the last to arrive.
 */

/** What lasts of a shard, in shared memory. */
export type ShardMemory = {
  /** The detector's tables, for each model at work. */
  readonly detectors: readonly WebAssembly.Memory[];
  /** See owner-table.ts. */
  readonly owners: SharedArrayBuffer;
  /** See service-table.ts. */
  readonly services: SharedArrayBuffer;
};

/** What all shards work by and on; a change of the policy makes another one. */
export type DrainWork = {
  /** Rises with each. */
  readonly generation: number;
  readonly policy: Policy;
  readonly origin: DetectionOrigin;
  /** Whether the rings may hold what the kernel recorded by other ranges or for other models. */
  readonly mixedRings: boolean;
  /** One for each ring. */
  readonly shards: readonly ShardMemory[];
};

/** Given to every worker when it starts. */
export type DrainWorkerData = {
  readonly rings: readonly Ring[];
  readonly processes: ProcessTable;
  readonly work: DrainWork;
};

/** What every task of a shard says. */
export type ShardTask = {
  readonly shard: number;
  readonly generation: number;
  /** Of that generation; sent to a worker that has answered `undefined`, as it did not know it. */
  readonly work?: DrainWork;
  /** Number of the last answer of this shard that arrived, 0 before the first. */
  readonly arrived: number;
};

export type DrainTask = ShardTask & {
  /** Number of the answer, from 1. */
  readonly answer: number;
  /** Boot-clock time up to which the shard is brought. */
  readonly nowMs: number;
  /** Wall-clock minus boot-clock time. */
  readonly wallOffsetMs: number;
  /** Whether sightings and counters are taken too, and not only detections. */
  readonly takeSightings: boolean;
  /** Sightings that are taken then at most, of each model; the others stay in the tables. */
  readonly maxSightings: number;
};

/** The tables to copy, by the number of their model among those at work. */
export type CopyTask = ShardTask & { readonly model: number };

/** A copy of the tables of one model. */
export type TablesCopy = { readonly model: ModelName; readonly tables: Uint8Array };

/** A detection of a source of this host, and the process that made most of it. */
export type OwnedDetection = { readonly detection: Detection; readonly process: ProcessEntry };

/** A sighting of a service of this host, and the process that listens on it. */
export type LocalSighting = { readonly sighting: Sighting; readonly listener: ProcessEntry };

/** The counters of the tables of one model. */
export type TableCounters = Omit<Counters, 'exceptionHits'> & {
  /** By the names of the exceptions. */
  readonly exceptionHits: Readonly<Record<string, number>>;
};

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
  readonly counters: readonly TableCounters[] | undefined;
  /** The ring held more than one task takes; another is due at once. */
  readonly more: boolean;
};
