import type { WholeDetection } from './answers.ts';
import { confidenceOf, processOf, servicesOf, severityColour, sourceOf, stateOf } from './format-detections.ts';
import { type Column, formatTable } from './format-table.ts';
import { printableText } from './printable-text.ts';
import type { Screen } from './screen.ts';

/** Everything about one detection, part by part; parts that are empty are left out. */
export function formatDetection(detection: WholeDetection, screen: Screen): string {
  const part = (title: string, columns: readonly (string | Column)[], rows: readonly (readonly unknown[])[]) =>
    rows.length === 0 ? '' : `\n${title}\n${formatTable(columns, rows, screen)}`;
  const { sensors = [], snapshot } = detection;
  return [
    formatFacts(detection),
    part(
      'Seen by',
      [{ head: 'HOST', narrow: 'cut' }, 'SIDE', 'SERVICES', 'HOSTS', 'AGENT'],
      sensors.map(({ agent, side, services, hosts }) => [
        agent.hostname,
        side ?? '?',
        services ?? '?',
        hosts ?? '?',
        agent.id,
      ]),
    ),
    part(
      'The process and those that started it',
      ['PID', 'NAME', { head: 'COMMAND LINE', narrow: 'cut' }],
      (snapshot?.tree ?? []).map(({ pid, comm, commandLine }) => [pid, comm, commandLine ?? '?']),
    ),
    part(
      'The latest services',
      [
        'HOST',
        'PORT',
        'OUTCOME',
        'CONNECTIONS',
        { head: 'LISTENER', narrow: 'cut' },
        { head: 'LAST SEEN', narrow: 'drop' },
      ],
      detection.samples.map(({ destination, port, outcome, connections, listener, lastSeen }) => [
        ...[destination, port, outcome, connections, listener ? `${listener.comm} ${listener.pid}` : '?', lastSeen],
      ]),
    ),
    part(
      'Timeline',
      [
        'AT',
        'ALERT',
        { head: 'SEVERITY', colourOf: severityColour },
        'CONFIDENCE',
        'SERVICES',
        'HOSTS',
        { head: 'TOLD BY', narrow: 'cut' },
      ],
      detection.alerts.map(
        ({ committedAt, alertType, severity, confidence, distinctServices, distinctHosts, agent }) => [
          ...[
            committedAt,
            alertType,
            severity,
            confidence,
            distinctServices,
            distinctHosts,
            agent?.hostname ?? 'the aggregator',
          ],
        ],
      ),
    ),
    part(
      'Comments',
      ['AT', 'BY', { head: 'TEXT', narrow: 'cut' }],
      detection.comments.map(({ at, actor, text }) => [at, actor, text]),
    ),
    `\nTo stop it, as root on a target or a router before it\n`,
    ...detection.responses.map((command) => `${printableText(command)}\n`),
  ].join('');
}

function formatFacts(detection: WholeDetection): string {
  const { id, model, firstSeen, lastSeen, startedAt, endedAt, endReason, topPorts, techniques, sourceAgent, snapshot } =
    detection;
  const ports = topPorts.map(({ port, hosts }) => `${port} (${hosts} hosts)`).join(', ');
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['detection', id],
    ['source', `${sourceOf(detection)}${sourceAgent ? `, which is ${sourceAgent.hostname}` : ''}`],
    ['severity', `${detection.severity}, ${confidenceOf(detection)}`],
    ['state', stateOf(detection)],
    ['why', whyOf(detection)],
    ['connections', detection.connections?.map(({ outcome, connections }) => `${connections} ${outcome}`).join(', ')],
    ['ports', ports],
    ['started', startedAt],
    ['seen', `${firstSeen} to ${lastSeen}`],
    ['ended', endedAt && `${endedAt}${endReason ? `, ${endReason}` : ''}`],
    ['process', detection.process && processOf(detection)],
    ['command line', snapshot?.commandLine],
    [
      'executable',
      snapshot?.exe && `${snapshot.exe.path}${snapshot.exe.sha256 ? `, sha256 ${snapshot.exe.sha256}` : ''}`,
    ],
    ['user', snapshot?.user],
    ['model', model],
    ['techniques', techniques.join(' ')],
  ];
  return facts
    .filter(([, value]) => value)
    .map(([name, value]) => `${`${name}:`.padEnd(14)} ${printableText(value)}\n`)
    .join('');
}

const RULES: Readonly<Record<string, string>> = {
  THRESHOLD: 'distinct services within the rollup period',
  CORROBORATED: 'distinct services beside many that refused or did not answer',
  SLOW: 'services that were new to the source within a day',
  CADENCE_BROKEN: 'services that had passed for those of a health checker, until its beat stopped',
};

/** Why it fired, with the limit that it crossed. */
function whyOf(detection: WholeDetection): string {
  const { rule, threshold, distinctHosts, distinctPorts, failedServices, slowServices, habitualServices } = detection;
  const counts = [
    `${servicesOf(detection)} services on ${distinctHosts} hosts and ${distinctPorts} ports`,
    `${failedServices} failed`,
    ...(slowServices === null ? [] : [`${slowServices} new within a day`]),
    ...(habitualServices ? [`${habitualServices} habitual ones left out`] : []),
  ];
  return `${rule}, ${threshold} or more ${RULES[rule] ?? 'services'}: ${counts.join(', ')}`;
}
