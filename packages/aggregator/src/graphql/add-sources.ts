import { canonicalAddress } from '@connscan/model';
import { findSources, type SourceRow } from '../store/find-sources.ts';
import { listCounts, type OutcomeCountRef } from './add-outcome-count.ts';
import type { Builder } from './builder.ts';
import { type Order, resolvePage } from './paging.ts';

const byAddress: Order<SourceRow, string> = {
  textOf: ({ source }) => source,
  parse: canonicalAddress,
};

export function addSources(builder: Builder, OutcomeCount: OutcomeCountRef): void {
  const Source = builder.objectRef<SourceRow>('Source').implement({
    authScopes: { viewer: true },
    description: 'An address inside the network that made suspicious connections, scan or not.',
    fields: (t) => ({
      address: t.expose('source', { type: 'Address', description: 'The address.' }),
      firstSeen: t.expose('first_seen', { type: 'DateTime', description: 'Its first suspicious connection.' }),
      lastSeen: t.expose('last_seen', { type: 'DateTime', description: 'Its last suspicious connection.' }),
      distinctServices: t.expose('services', { type: 'Count', description: 'Distinct pairs of host and port.' }),
      distinctHosts: t.expose('hosts', { type: 'Count', description: 'Distinct hosts.' }),
      connections: t.field({
        type: [OutcomeCount],
        description:
          'Connections by how they ended, without the outcomes that never happened. Of one service that several sensors saw, the largest count is taken.',
        resolve: ({ connections }) => listCounts(connections),
      }),
      openDetections: t.expose('open_detections', { type: 'Count', description: 'Detections that go on.' }),
    }),
  });

  builder.queryField('sources', (t) =>
    t.connection(
      {
        type: Source,
        authScopes: { viewer: true },
        description: 'Sources with sightings of the last day, in the order of their addresses.',
        resolve: (_root, args, { db }) => resolvePage(args, byAddress, (page) => findSources(db, lastDay(), page)),
      },
      { name: 'SourceConnection', description: 'A page of sources.' },
      { name: 'SourceEdge', description: 'A source and its place.' },
    ),
  );
}

function lastDay() {
  const until = new Date();
  return { since: new Date(until.getTime() - 86_400_000), until };
}
