import { canonicalAddress, OUTCOMES } from '@connscan/model';
import { findSources, type SourceRow } from '../store/find-sources.ts';
import type { Builder } from './builder.ts';
import type { Enums } from './enums.ts';
import { type Order, resolvePage } from './paging.ts';

const byAddress: Order<SourceRow, string> = {
  textOf: ({ source }) => source,
  parse: canonicalAddress,
};

export function addSources(builder: Builder, { Outcome }: Enums): void {
  const OutcomeCount = builder.objectRef<{ outcome: (typeof OUTCOMES)[number]; connections: number }>('OutcomeCount');
  OutcomeCount.implement({
    description: 'Connections of a source that ended in one way.',
    fields: (t) => ({
      outcome: t.expose('outcome', { type: Outcome, description: 'How they ended.' }),
      connections: t.expose('connections', { type: 'Count', description: 'How many.' }),
    }),
  });

  const Source = builder.objectRef<SourceRow>('Source').implement({
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
        resolve: ({ connections }) =>
          OUTCOMES.flatMap((outcome) => {
            const count = connections[outcome];
            return count === undefined ? [] : [{ outcome, connections: count }];
          }),
      }),
      openDetections: t.expose('open_detections', { type: 'Count', description: 'Detections that go on.' }),
    }),
  });

  builder.queryField('sources', (t) =>
    t.connection(
      {
        type: Source,
        description: 'Sources with sightings, in the order of their addresses.',
        resolve: (_root, args, { db }) => resolvePage(args, byAddress, (page) => findSources(db, page)),
      },
      { name: 'SourceConnection', description: 'A page of sources.' },
      { name: 'SourceEdge', description: 'A source and its place.' },
    ),
  );
}
