import { canonicalAddress } from '@connscan/model';
import { findServices, type ServicePosition, type ServiceRow } from '../store/find-services.ts';
import type { AgentRef } from './add-agents.ts';
import { listCounts, type OutcomeCountRef } from './add-outcome-count.ts';
import type { ProcessTypes } from './add-processes.ts';
import type { Builder } from './builder.ts';
import { type Order, resolvePage } from './paging.ts';
import { portName } from './port-name.ts';
import { readCount } from './read-count.ts';
import { readWindow } from './read-window.ts';

/** Services in the order of their addresses, then ports. */
export const byService: Order<ServiceRow, ServicePosition> = {
  textOf: ({ destination, port }) => `${destination} ${port}`,
  parse(text) {
    const [, address = '', port] = /^(\S+) (\d{1,5})$/.exec(text) ?? [];
    const destination = canonicalAddress(address);
    return destination && port ? { destination, port: Number(port) } : undefined;
  },
};

export type ServiceTypes = {
  readonly Agent: AgentRef;
  readonly OutcomeCount: OutcomeCountRef;
  readonly Listener: ProcessTypes['Listener'];
};

export function addServices(builder: Builder, { Agent, OutcomeCount, Listener }: ServiceTypes) {
  const Service = builder.objectRef<ServiceRow>('Service').implement({
    authScopes: { viewer: true },
    description: 'A host and port, and how it was touched within the time asked for.',
    fields: (t) => ({
      address: t.expose('destination', { type: 'Address', description: 'The host.' }),
      port: t.exposeInt('port', { description: 'The port.' }),
      name: t.string({
        nullable: true,
        description: 'Name of the service that IANA has registered for the port; null if there is none.',
        resolve: ({ port }) => portName(port) ?? null,
      }),
      sources: t.expose('sources', {
        type: 'Count',
        description: 'Distinct sources with suspicious connections to it.',
      }),
      connections: t.field({
        type: [OutcomeCount],
        description:
          'Suspicious connections by how they ended, without the outcomes that never happened. Of one source that several sensors saw, the largest count is taken.',
        resolve: ({ connections }) => listCounts(connections),
      }),
      firstSeen: t.expose('first_seen', { type: 'DateTime', description: 'The first of these connections.' }),
      lastSeen: t.expose('last_seen', { type: 'DateTime', description: 'The last of them.' }),
      listener: t.expose('listener', {
        type: Listener,
        nullable: true,
        description: 'Who listened there last, if a sensor on that host told.',
      }),
      agent: t.field({
        type: Agent,
        nullable: true,
        description: 'The agent on that host; null if none tells that it is its own.',
        resolve: ({ destination }, _args, { hosts }) => hosts.load(destination),
      }),
    }),
  });

  builder.queryField('services', (t) =>
    t.connection(
      {
        type: Service,
        authScopes: { viewer: true },
        description: 'Services with suspicious connections, in the order of their addresses, then ports.',
        args: {
          since: t.arg({ type: 'DateTime', description: 'From this time on; a day before `until` if left out.' }),
          until: t.arg({ type: 'DateTime', description: 'Before this time; now if left out.' }),
          address: t.arg({ type: 'Address', description: 'Of this host.' }),
          port: t.arg.int({ description: 'On this port.' }),
        },
        resolve(_root, { address, port, ...args }, { db }) {
          const window = readWindow(args);
          const wanted = {
            address: address ?? undefined,
            port: port == null ? undefined : readCount('port', port, 1, 65535),
          };
          return resolvePage(args, byService, (page) => findServices(db, window, wanted, page));
        },
      },
      { name: 'ServiceConnection', description: 'A page of services.' },
      { name: 'ServiceEdge', description: 'A service and its place.' },
    ),
  );
  return Service;
}

export type ServiceRef = ReturnType<typeof addServices>;
