import { canonicalAddress } from '@connscan/model';
import { findDetections } from '../store/find-detections.ts';
import { findServices } from '../store/find-services.ts';
import { findSource, findSources, type SourceRow } from '../store/find-sources.ts';
import type { Window } from '../store/window.ts';
import { byStart, type DetectionRef } from './add-detections.ts';
import { listCounts, type OutcomeCountRef } from './add-outcome-count.ts';
import { addRecentActivity } from './add-recent-activity.ts';
import { byService, type ServiceRef } from './add-services.ts';
import { type TrendRefs, trendOfSource } from './add-trend.ts';
import type { Builder } from './builder.ts';
import { DEFAULT_ITEMS } from './field-cost.ts';
import { type Order, resolvePage } from './paging.ts';
import { readWindow } from './read-window.ts';

/** A source as it was within a time. */
type SourceInWindow = SourceRow & { readonly window: Window };

const byAddress: Order<SourceRow, string> = {
  textOf: ({ source }) => source,
  parse: canonicalAddress,
};

/** What a page of its own for each source is taken for, in objects: it takes a query for each. */
const QUERY = 100;

type SourceTypes = {
  readonly OutcomeCount: OutcomeCountRef;
  readonly Detection: DetectionRef;
  readonly Service: ServiceRef;
  readonly trend: TrendRefs;
};

export function addSources(builder: Builder, types: SourceTypes): void {
  const Source = addSourceType(builder, types);

  builder.queryField('sources', (t) =>
    t.connection(
      {
        type: Source,
        authScopes: { viewer: true },
        description:
          'Sources with suspicious connections, scans or not, in the order of their addresses, which no new connection changes.',
        args: {
          since: t.arg({ type: 'DateTime', description: 'From this time on; a day before `until` if left out.' }),
          until: t.arg({ type: 'DateTime', description: 'Before this time; now if left out.' }),
        },
        resolve(_root, args, { db }) {
          const window = readWindow(args);
          return resolvePage(args, byAddress, async (page) =>
            (await findSources(db, window, page)).map((row) => ({ ...row, window })),
          );
        },
      },
      { name: 'SourceConnection', description: 'A page of sources.' },
      { name: 'SourceEdge', description: 'A source and its place.' },
    ),
  );

  builder.queryField('source', (t) =>
    t.field({
      type: Source,
      nullable: true,
      authScopes: { viewer: true },
      description: 'One source; null if it made no suspicious connection within the time.',
      args: {
        address: t.arg({ type: 'Address', required: true, description: 'Its address.' }),
        since: t.arg({ type: 'DateTime', description: 'From this time on; a day before `until` if left out.' }),
        until: t.arg({ type: 'DateTime', description: 'Before this time; now if left out.' }),
      },
      async resolve(_root, { address, ...args }, { db }) {
        const window = readWindow(args);
        const row = await findSource(db, window, address);
        return row ? { ...row, window } : null;
      },
    }),
  );
}

function addSourceType(builder: Builder, { OutcomeCount, Detection, Service, trend }: SourceTypes) {
  const RecentActivity = addRecentActivity(builder);
  return builder.objectRef<SourceInWindow>('Source').implement({
    authScopes: { viewer: true },
    description:
      'An address inside the network that made suspicious connections, scan or not, as it was within the time asked for.',
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
      recent: t.field({
        type: RecentActivity,
        description: 'What it does now, against the threshold: that of a scan which is not one yet.',
        resolve: ({ source }, _args, { recentActivity }) => recentActivity.load(source),
      }),
      services: t.connection(
        {
          type: Service,
          complexity: ({ first, last }) => ({ field: QUERY, multiplier: first ?? last ?? DEFAULT_ITEMS }),
          description: 'The services that it touched, in the order of their addresses, then ports; only it is counted.',
          resolve: ({ source, window }, args, { db }) =>
            resolvePage(args, byService, (page) => findServices(db, window, { source }, page)),
        },
        { name: 'SourceServiceConnection', description: 'A page of the services of a source.' },
        { name: 'SourceServiceEdge', description: 'A service and its place.' },
      ),
      detections: t.connection(
        {
          type: Detection,
          complexity: ({ first, last }) => ({ field: QUERY, multiplier: first ?? last ?? DEFAULT_ITEMS }),
          description: 'Its detections of whatever time, latest start first.',
          resolve: ({ source }, args, { db }) =>
            resolvePage(args, byStart, (page) => findDetections(db, { source }, page)),
        },
        { name: 'SourceDetectionConnection', description: 'A page of the detections of a source.' },
        { name: 'SourceDetectionEdge', description: 'A detection and its place.' },
      ),
      trend: t.field({
        type: trend.Trend,
        description: 'Its connections or detections over the time asked for.',
        args: {
          bucketSeconds: t.arg.int({ required: true, description: 'Length of a bucket; 500 buckets at most.' }),
          by: t.arg({ type: trend.TrendKey, required: true, description: 'What is counted, and split by what.' }),
        },
        resolve: ({ source, window }, args, { db }) => trendOfSource(db, window, { source, ...args }),
      }),
    }),
  });
}
