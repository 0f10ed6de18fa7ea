import type { Counters } from '@connscan/detector';
import type { DetectorHealth } from '@connscan/wire';

/** What the tables themselves count. */
export type TableHealth = Omit<DetectorHealth, 'unknownOriginators' | 'workerDeaths' | 'snapshotsRefused'>;

/** The counters of all tables together; `exceptions` are the names of the policy's exceptions, in its order. */
export function sumCounters(tables: readonly Counters[], exceptions: readonly string[]): TableHealth {
  const sum = (value: (counters: Counters) => number) => tables.reduce((total, one) => total + value(one), 0);
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
    exceptionHits: Object.fromEntries(
      exceptions.flatMap((name, index) => {
        const hits = sum(({ exceptionHits }) => exceptionHits[index] ?? 0);
        return hits > 0 ? [[name, hits]] : [];
      }),
    ),
  };
}
