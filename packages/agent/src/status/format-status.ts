import type { StatusAnswer } from './agent-status.ts';
import { formatSpan } from './format-span.ts';
import { kernelSums } from './kernel-sums.ts';

/** A status for a person: what is wrong comes first. */
export function formatStatus(status: StatusAnswer): string {
  const { agentId, version, pid, startedMs, atMs, problems, unavailable } = status;
  const verdict = problems.length === 0 ? 'healthy' : `degraded: ${problems[0]}`;
  const rows: (readonly [string, string])[] = [
    ['agent', `${agentId}, version ${version}, process ${pid}, up ${formatSpan(atMs - startedMs)}`],
    ...problems.slice(1).map((problem) => ['also', problem] as const),
    ['session', sessionText(status)],
    ['identity', identityText(status)],
    ['policy', policyText(status)],
    ...unavailable.map(({ program, reason }) => ['probe', `without ${program}: ${reason}`] as const),
    ...numbers(status),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `${verdict}\n${rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`).join('')}`;
}

function sessionText({ session, atMs }: StatusAnswer): string {
  const { state, sinceMs, lastAckMs, lastError, lastErrorMs, nextRetryMs } = session;
  const parts = [`${state} for ${formatSpan(atMs - sinceMs)}`];
  if (nextRetryMs !== undefined) parts.push(`next try in ${formatSpan(nextRetryMs - atMs)}`);
  parts.push(
    lastAckMs === undefined ? 'nothing acknowledged yet' : `last acknowledgement ${formatSpan(atMs - lastAckMs)} ago`,
  );
  if (lastError !== undefined) {
    const when = lastErrorMs === undefined ? '' : ` ${formatSpan(atMs - lastErrorMs)} ago`;
    parts.push(`last error${when}: ${printable(lastError)}`);
  }
  return parts.join(', ');
}

function identityText({ certificate, atMs }: StatusAnswer): string {
  if (!certificate) return 'none, as --insecure was given';
  return `certificate that expires in ${formatSpan(certificate.expiresMs - atMs)}`;
}

function policyText({ policy: { version, hash, progress, notes } }: StatusAnswer): string {
  const origin = version === 0 ? 'of the config file' : `version ${version}`;
  return [`${origin}, ${progress.toLowerCase()}, hash ${hash}`, ...notes.map(printable)].join('; ');
}

function numbers({ health, canaryMissed }: StatusAnswer): (readonly [string, string])[] {
  const { seen, submitted, reserveFailed, recursionMisses, processed, detector, spool, resources, canary } = health;
  const { filtered, unaccounted, waiting } = kernelSums(health);
  const rest = unaccounted === 0 ? '' : ` + ${unaccounted} under way`;
  const rows: (readonly [string, string])[] = [
    [
      'kernel',
      `${seen} seen = ${submitted} submitted + ${reserveFailed} lost + ${filtered} filtered${rest}; ${recursionMisses} not seen`,
    ],
    ['rings', `${submitted} submitted = ${processed} processed + ${waiting} waiting`],
    [
      'detector',
      `${detector.sources} sources, ${detector.services} services, ${detector.episodes} scans; ${detector.sightingsShed} sightings shed, ${detector.workerDeaths} workers died`,
    ],
  ];
  if (spool) {
    const { appended, acknowledged, lostFull, lostDamage, durable } = spool;
    const where = durable ? 'on disk' : 'NOT on disk';
    rows.push([
      'spool',
      `${appended} batches = ${acknowledged} acknowledged + ${lostFull + lostDamage} lost + ${spool.waiting} waiting, ${mib(spool.waitingBytes)}, ${where}`,
    ]);
  }
  if (canary) {
    rows.push([
      'canary',
      `${canary.sent} connections, ${canary.seen} seen by the probe${canaryMissed > 0 ? `, the last ${canaryMissed} not` : ''}`,
    ]);
  }
  if (resources) {
    const { rssBytes, heapBytes, cpuUs } = resources;
    rows.push([
      'resources',
      `${mib(rssBytes)} resident, ${mib(heapBytes)} heap, ${(cpuUs / 1e6).toFixed(1)} s of processor time`,
    ]);
  }
  return rows;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Text from an aggregator or a policy must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}
