import type { DetectorHealth } from '@connscan/wire';
import type { TableCounters } from './drain-task.ts';

/** What the tables themselves count. */
export type TableHealth = Omit<DetectorHealth, 'unknownOriginators' | 'workerDeaths' | 'snapshotsRefused'>;

/** The counters of all tables together. */
export function sumCounters(tables: readonly TableCounters[]): TableHealth {
  const sum = (value: (counters: TableCounters) => number) => tables.reduce((total, one) => total + value(one), 0);
  const hits = new Map<string, number>();
  for (const [name, more] of tables.flatMap(({ exceptionHits }) => Object.entries(exceptionHits))) {
    hits.set(name, (hits.get(name) ?? 0) + more);
  }
  return {
    observed: sum(({ observed }) => observed),
    sameAddress: sum(({ ignored }) => ignored.sameAddress),
    malformed: sum(({ ignored }) => ignored.malformed),
    late: sum(({ late }) => late),
    evictedSources: sum(({ evictedSources }) => evictedSources),
    evictedServices: sum(({ evictedServices }) => evictedServices),
    sightingsShed: sum(({ sightingsShed }) => sightingsShed),
    episodesPutOff: sum(({ episodesPutOff }) => episodesPutOff),
    recoveries: sum(({ recoveries }) => recoveries),
    sources: sum(({ sources }) => sources),
    services: sum(({ services }) => services),
    episodes: sum(({ episodes }) => episodes),
    exceptionHits: Object.fromEntries(hits),
  };
}
