import type { Source, WholeSource } from './answers.ts';
import { severityColour } from './format-detections.ts';
import { type Column, formatTable } from './format-table.ts';
import type { Screen } from './screen.ts';

const COLUMNS: readonly (string | Column)[] = [
  'ADDRESS',
  'SERVICES',
  'HOSTS',
  'NOW / LIMIT',
  { head: 'CONNECTIONS', narrow: 'cut' },
  { head: 'FIRST SEEN', narrow: 'drop' },
  'LAST SEEN',
  { head: 'OPEN', colourOf: (text) => (text === '0' ? undefined : 'red') },
];

export function formatSources(sources: readonly Source[], screen: Screen): string {
  if (sources.length === 0) return 'no sources\n';
  return formatTable(
    COLUMNS,
    sources.map((source) => [
      ...[source.address, source.distinctServices, source.distinctHosts, nowOf(source)],
      ...[connectionsOf(source), source.firstSeen, source.lastSeen, source.openDetections],
    ]),
    screen,
  );
}

export function formatSource(source: WholeSource, screen: Screen): string {
  const { services, detections, recent } = source;
  const more = services.pageInfo.hasNextPage ? ', the first 50' : '';
  return [
    formatSources([source], screen),
    `\nIn the last ${recent.periodSeconds / 60} minutes ${recent.abortedServices} services were touched in silence, where `,
    `${recent.threshold} are a detection; ${recent.failedServices} failed.\n`,
    `\nServices${more}\n`,
    formatTable(
      [
        'ADDRESS',
        'PORT',
        { head: 'NAME', narrow: 'drop' },
        { head: 'CONNECTIONS', narrow: 'cut' },
        'LISTENER',
        'LAST SEEN',
      ],
      services.nodes.map((service) => [
        ...[service.address, service.port, service.name ?? '', connectionsOf(service)],
        ...[service.listener ? `${service.listener.comm} ${service.listener.pid}` : '?', service.lastSeen],
      ]),
      screen,
    ),
    ...(detections.nodes.length === 0
      ? ['\nNo detections.\n']
      : [
          '\nDetections\n',
          formatTable(
            [
              'STARTED',
              { head: 'SEVERITY', colourOf: severityColour },
              'CONFIDENCE',
              'STATE',
              'SERVICES',
              'HOSTS',
              'ID',
            ],
            detections.nodes.map(({ startedAt, severity, confidence, state, distinctServices, distinctHosts, id }) => [
              ...[startedAt, severity, confidence, state, distinctServices, distinctHosts, id],
            ]),
            screen,
          ),
        ]),
  ].join('');
}

/** How near it is to a detection. */
function nowOf({ recent }: Source): string {
  return `${recent.abortedServices} / ${recent.threshold}`;
}

function connectionsOf({ connections }: Pick<Source, 'connections'>): string {
  return connections.map(({ outcome, connections: count }) => `${count} ${outcome}`).join(', ');
}
