import {
  H_ENTRIES,
  H_EPISODE_POOL,
  H_EPISODES_PUT_OFF,
  H_EVICTED_SERVICES,
  H_EVICTED_SOURCES,
  H_LATE,
  H_MALFORMED,
  H_OBSERVED,
  H_RECOVERIES,
  H_RULES_TAG,
  H_SAME_ADDRESS,
  H_SIGHTINGS_SHED,
  H_SOURCE_POOL,
  HITS_TIME,
  POOL_USED,
} from './layout.ts';
import type { Shard } from './shard.ts';

/** What a shard has done since it was made, and how full its tables are. */
export type Counters = {
  readonly observed: number;
  /** Records that changed nothing: both addresses the same, or a port, outcome or time that cannot be. */
  readonly ignored: { readonly sameAddress: number; readonly malformed: number };
  /** Records older than the rollup period. */
  readonly late: number;
  readonly evictedSources: number;
  /** Services that lost their place: to the cap of their source, to a full table, or with their source. */
  readonly evictedServices: number;
  /** Evicted services that had something untold. */
  readonly sightingsShed: number;
  /** Times that a source over its limits found every episode taken. */
  readonly episodesPutOff: number;
  /** Times that the tables were rebuilt because a worker died while it changed them. */
  readonly recoveries: number;
  /** In use now. */
  readonly sources: number;
  readonly services: number;
  readonly episodes: number;
  /** Connections that each exception of the policy took, in its order, since the policy's exceptions are these. */
  readonly exceptionHits: readonly number[];
};

/** The counters of a shard. */
export function countersOf({ words, times, limits }: Shard): Counters {
  return {
    observed: times[H_OBSERVED]!,
    ignored: { sameAddress: times[H_SAME_ADDRESS]!, malformed: times[H_MALFORMED]! },
    late: times[H_LATE]!,
    evictedSources: times[H_EVICTED_SOURCES]!,
    evictedServices: times[H_EVICTED_SERVICES]!,
    sightingsShed: times[H_SIGHTINGS_SHED]!,
    episodesPutOff: times[H_EPISODES_PUT_OFF]!,
    recoveries: times[H_RECOVERIES]!,
    sources: words[H_SOURCE_POOL + POOL_USED]!,
    services: words[H_ENTRIES]!,
    episodes: words[H_EPISODE_POOL + POOL_USED]!,
    exceptionHits: limits.rules.exceptions.map(({ index }) =>
      words[H_RULES_TAG] === limits.rules.exceptionsTag ? times[HITS_TIME + index]! : 0,
    ),
  };
}
