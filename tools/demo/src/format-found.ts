import type { ShownDetection } from './detection-of-source.ts';
import type { KernelCounts } from './kernel-counts.ts';

export type Found = {
  readonly detection: ShownDetection;
  readonly latencyMs: number;
  readonly kernel: KernelCounts;
};

/** What was found, the detection as GraphQL told it, for a person. */
export function formatFound({ detection, latencyMs, kernel }: Found): string {
  const { topPorts, threshold, rule } = detection;
  const lines = {
    detection: `${detection.model} (${detection.techniques.join(' ')}), ${detection.state.toLowerCase()}`,
    source: detection.source,
    severity: `${detection.severity.toLowerCase()}, ${detection.confidence.toLowerCase()}`,
    why: `${rule.toLowerCase()} of ${threshold} services`,
    services: `${detection.distinctServices} different ones on ${detection.distinctHosts} hosts, and ${detection.failedServices} that failed`,
    ports: topPorts.map(({ port, hosts, name }) => `${port} ${name ?? '?'} (${hosts})`).join(', '),
    process: processOf(detection),
    'to block it': detection.responses[0]!,
    'first seen': detection.firstSeen,
    'last seen': detection.lastSeen,
    'seen by': detection.agent.hostname,
    latency: `${latencyMs} ms from the connection that crossed the threshold to the GraphQL answer`,
    kernel: `${kernel.seen} transitions seen, ${kernel.submitted} records, ${kernel.dropped} dropped`,
  };
  return `\n${Object.entries(lines)
    .map(([name, value]) => `${name.padEnd(12)}${value}\n`)
    .join('')}`;
}

function processOf({ process, snapshot }: ShownDetection): string {
  if (!process) return 'unknown';
  const { pid, comm, exe, user, parent } = process;
  const words = snapshot?.commandLine?.join(' ') ?? comm;
  const from = snapshot?.exe?.package ? ` of package ${snapshot.exe.package}` : '';
  return `${words} (pid ${pid}, ${exe ?? 'executable unknown'}${from}, user ${user ?? 'unknown'}, started by ${parent?.comm ?? 'unknown'})`;
}
