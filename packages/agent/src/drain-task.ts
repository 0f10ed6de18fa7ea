import type { Policy } from '@connscan/model';
import type { Ring } from '@connscan/probe';

/**
 * What the main thread and the drain workers say to each other, whole. Any worker takes any shard, as no state lives in a
 * worker; the main thread never has two tasks of one shard under way.
 */

/** Given to every worker when it starts. */
export type DrainWorkerData = {
  readonly rings: readonly Ring[];
  /** The detector's tables, one for each ring. */
  readonly tables: readonly SharedArrayBuffer[];
  readonly policy: Policy;
  /** What makes ids of detections unique among all agents and boots. */
  readonly idScope: string;
};

export type DrainTask = {
  readonly shard: number;
  /** Boot-clock time up to which the shard is brought. */
  readonly nowMs: number;
  /** Wall-clock minus boot-clock time. */
  readonly wallOffsetMs: number;
  /** Whether sightings are taken too, and not only detections. */
  readonly takeSightings: boolean;
};

export type DrainResult = {
  readonly records: number;
  /** Payloads as they travel to the aggregator. */
  readonly detections: readonly Uint8Array[];
  readonly sightings: readonly Uint8Array[];
  /** The ring held more than one task takes; another is due at once. */
  readonly more: boolean;
};
