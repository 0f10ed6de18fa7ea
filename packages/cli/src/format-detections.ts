import type { Detection } from './answers.ts';
import { type Colour, type Column, formatTable } from './format-table.ts';
import { printableText } from './printable-text.ts';
import { PLAIN, type Screen } from './screen.ts';

const COLUMNS: readonly (string | Column)[] = [
  'STARTED',
  'SOURCE',
  { head: 'SEVERITY', colourOf: severityColour },
  { head: 'CONFIDENCE', narrow: 'drop' },
  { head: 'RULE', narrow: 'drop' },
  'STATE',
  'SERVICES',
  { head: 'HOSTS', narrow: 'drop' },
  { head: 'TOP PORTS', narrow: 'cut' },
  { head: 'PROCESS', narrow: 'cut' },
  { head: 'SEEN BY', narrow: 'cut' },
  'ID',
];

/** Ports shown of a detection; --json has them all. */
const PORTS = 5;

export function formatDetections(detections: readonly Detection[], screen: Screen = PLAIN): string {
  if (detections.length === 0) return 'no detections\n';
  return formatTable(COLUMNS, detections.map(cellsOf), screen);
}

/** One alert as one line of `watch`. */
export function formatAlert(detection: Detection): string {
  const { alertType, severity, rule, lastSeen, techniques } = detection;
  const what = `${servicesOf(detection)} services on ${detection.distinctHosts} hosts, ports ${portsOf(detection)}`;
  const who = `process ${processOf(detection)}, seen by ${seenBy(detection)}`;
  const line = `${lastSeen} ${alertType} ${severity} ${confidenceOf(detection)} ${rule} ${sourceOf(detection)}: ${what}, ${who} (${techniques.join(' ')})`;
  return `${printableText(line)}\n`;
}

function cellsOf(detection: Detection): readonly unknown[] {
  const { startedAt, severity, rule, distinctHosts, id } = detection;
  const ports = portsOf(detection);
  return [
    startedAt,
    sourceOf(detection),
    severity,
    confidenceOf(detection),
    rule,
    stateOf(detection),
    servicesOf(detection),
    distinctHosts,
    ports,
    processOf(detection),
    seenBy(detection),
    id,
  ];
}

export function severityColour(severity: string): Colour | undefined {
  return severity === 'HIGH' ? 'red' : severity === 'MEDIUM' ? 'yellow' : undefined;
}

/** A claim that nobody else stands for, about hosts of others, is told with its doubt. */
export function confidenceOf({ confidence, corroborated }: Detection): string {
  return corroborated === false ? `${confidence}, uncorroborated` : confidence;
}

/** Whether it goes on, and what people made of it. */
export function stateOf({ state, triage }: Detection): string {
  if (!triage) return state;
  return `${state}, ${(triage.verdict ?? triage.state).toLowerCase().replaceAll('_', ' ')}`;
}

/** One host that saw it, and how many more did. */
function seenBy({ agent, sensors = [] }: Detection): string {
  const hostname = agent?.hostname ?? sensors.at(0)?.agent.hostname;
  if (hostname === undefined) return '?';
  return sensors.length > 1 ? `${hostname} + ${sensors.length - 1}` : hostname;
}

/** An address, or all addresses of a /64 written as the range they are. */
export function sourceOf({ source, sourcePrefixBits }: Pick<Detection, 'source' | 'sourcePrefixBits'>): string {
  return sourcePrefixBits === null ? source : `${source}/${sourcePrefixBits}`;
}

export function servicesOf({ atLeast, distinctServices }: Detection): string {
  return `${atLeast ? '≥ ' : ''}${distinctServices}`;
}

export function processOf({ process }: Detection): string {
  return process ? `${process.comm} ${process.pid}` : '?';
}

function portsOf({ topPorts }: Detection): string {
  const shown = topPorts.slice(0, PORTS).map(({ port }) => port);
  return shown.join(' ') + (topPorts.length > PORTS ? ' …' : '');
}
