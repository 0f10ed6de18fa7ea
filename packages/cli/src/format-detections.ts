import type { Detection } from './answers.ts';
import { formatTable } from './format-table.ts';

const HEAD = [
  'STARTED',
  'SOURCE',
  'SEVERITY',
  'CONFIDENCE',
  'RULE',
  'STATE',
  'SERVICES',
  'HOSTS',
  'TOP PORTS',
  'PROCESS',
  'SEEN BY',
  'ID',
];

/** Ports shown of a detection; --json has them all. */
const PORTS = 5;

export function formatDetections(detections: readonly Detection[]): string {
  if (detections.length === 0) return 'no detections\n';
  return formatTable(HEAD, detections.map(cellsOf));
}

/** One alert as one line of `watch`. */
export function formatAlert(detection: Detection): string {
  const { alertType, severity, confidence, rule, lastSeen, techniques, agent } = detection;
  const what = `${servicesOf(detection)} services on ${detection.distinctHosts} hosts, ports ${portsOf(detection)}`;
  const who = `process ${processOf(detection)}, seen by ${agent?.hostname ?? '?'}`;
  const line = `${lastSeen} ${alertType} ${severity} ${confidence} ${rule} ${sourceOf(detection)}: ${what}, ${who} (${techniques.join(' ')})`;
  return `${line.replaceAll(/\p{Cc}/gu, '?')}\n`;
}

function cellsOf(detection: Detection): readonly unknown[] {
  const { startedAt, severity, confidence, rule, state, distinctHosts, agent, id } = detection;
  const ports = portsOf(detection);
  return [
    startedAt,
    sourceOf(detection),
    severity,
    confidence,
    rule,
    state,
    servicesOf(detection),
    distinctHosts,
    ports,
    processOf(detection),
    agent?.hostname ?? '?',
    id,
  ];
}

/** An address, or all addresses of a /64 written as the range they are. */
function sourceOf({ source, sourcePrefixBits }: Detection): string {
  return sourcePrefixBits === null ? source : `${source}/${sourcePrefixBits}`;
}

function servicesOf({ atLeast, distinctServices }: Detection): string {
  return `${atLeast ? '≥ ' : ''}${distinctServices}`;
}

function processOf({ process }: Detection): string {
  return process ? `${process.comm} ${process.pid}` : '?';
}

function portsOf({ topPorts }: Detection): string {
  const shown = topPorts.slice(0, PORTS).map(({ port }) => port);
  return shown.join(' ') + (topPorts.length > PORTS ? ' …' : '');
}
