import type { DetectorHealth } from '@connscan/wire';
import type { Builder } from './builder.ts';

export function addDetectorHealth(builder: Builder) {
  const ExceptionHits = builder.objectRef<{ name: string; hits: number }>('ExceptionHits').implement({
    authScopes: { viewer: true },
    description: 'Connections that an exception of the policy took out of the counts.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Its name.' }),
      hits: t.expose('hits', { type: 'Count', description: 'How many.' }),
    }),
  });

  return builder.objectRef<DetectorHealth>('DetectorHealth').implement({
    authScopes: { viewer: true },
    description: 'Counters of a detector, since its tables were made: they outlast a restart where the tables do.',
    fields: (t) => {
      const count = (name: Exclude<keyof DetectorHealth, 'exceptionHits'>, description: string) =>
        t.expose(name, { type: 'Count', description });
      return {
        unknownOriginators: count(
          'unknownOriginators',
          'Records that count for nobody, as the kernel could not tell which side had opened the connection.',
        ),
        observed: count('observed', 'Records taken in.'),
        sameAddress: count('sameAddress', 'Of these, records whose two addresses are the same; they changed nothing.'),
        malformed: count(
          'malformed',
          'Of these, records with a port, outcome or time that cannot be; they changed nothing.',
        ),
        late: count('late', 'Of these, records older than the rollup period; they changed nothing.'),
        evictedSources: count(
          'evictedSources',
          'Sources that lost their place in a full table, the least suspicious first.',
        ),
        evictedServices: count(
          'evictedServices',
          'Services that lost their place: to the cap of their source, to a full table, or with their source.',
        ),
        sightingsShed: count('sightingsShed', 'Evicted services that had something untold.'),
        episodesPutOff: count('episodesPutOff', 'Times that a source over its limits found every episode taken.'),
        workerDeaths: count('workerDeaths', 'Worker threads that died; their shards went on with others.'),
        recoveries: count('recoveries', 'Times that tables were rebuilt because a worker died while it changed them.'),
        snapshotsRefused: count(
          'snapshotsRefused',
          'Snapshots of tables that could not be taken up again when the agent started, so that it started cold.',
        ),
        sources: count('sources', 'Sources in the tables now.'),
        services: count('services', 'Services of all sources in the tables now.'),
        episodes: count('episodes', 'Episodes in the tables now.'),
        exceptionHits: t.field({
          type: [ExceptionHits],
          description: 'Exceptions that took connections, by name.',
          resolve: ({ exceptionHits }) => Object.entries(exceptionHits).map(([name, hits]) => ({ name, hits })),
        }),
      };
    },
  });
}
