import type { Health } from '@connscan/wire';
import type { AgentStatus } from './agent-status.ts';
import { formatSpan } from './format-span.ts';
import { kernelSums } from './kernel-sums.ts';

/** So many missed in a row are no accident: 15 s. */
const CANARIES_MISSED = 3;

/** What waits this long without an acknowledgement, in milliseconds, waits for a reason. */
const UNACKNOWLEDGED_MS = 30_000;

/** Renewal begins after 20 of 30 days, so something is wrong with it by then. */
const EXPIRY_MS = 3 * 86_400_000;

/** More than can end while the counters are read, which takes some microseconds. */
const UNDER_WAY = 64;

/**
 * What is wrong with an agent at `nowMs`. `before` is its health some seconds ago; what was
 * lost since then is lost now; without it, what was lost since the start.
 */
export function problemsOf(status: AgentStatus, before: Health | undefined, nowMs: number): string[] {
  return [
    ...sessionProblems(status, nowMs),
    ...clockProblems(status),
    ...probeProblems(status, before),
    ...lossProblems(status.health, before),
    ...identityProblems(status, nowMs),
    ...policyProblems(status),
    ...status.shedding.map((what) => `memory is near its bound: the agent does without ${what}`),
  ];
}

function sessionProblems({ session, health: { spool } }: AgentStatus, nowMs: number): string[] {
  const { state, sinceMs, lastAckMs = sinceMs, lastError, nextRetryMs } = session;
  if (state !== 'connected') {
    const reason = lastError === undefined ? '' : `: ${lastError}`;
    const next = nextRetryMs === undefined ? '' : `; the next try is in ${formatSpan(nextRetryMs - nowMs)}`;
    return [`there is no session with the aggregator${reason}${next}`];
  }
  const silentMs = nowMs - Math.max(lastAckMs, sinceMs);
  const waiting = spool?.waiting ?? 0;
  if (waiting === 0 || silentMs < UNACKNOWLEDGED_MS) return [];
  return [`${waiting} batches wait and the aggregator has acknowledged none for ${formatSpan(silentMs)}`];
}

function clockProblems({ health: { clockAheadMs } }: AgentStatus): string[] {
  if (clockAheadMs === 0) return [];
  const where = clockAheadMs > 0 ? 'ahead of' : 'behind';
  const span = formatSpan(Math.abs(clockAheadMs));
  return [`the clock of this host is ${span} ${where} the aggregator's, which times are told by instead`];
}

function probeProblems({ canaryMissed, health }: AgentStatus, before: Health | undefined): string[] {
  const problems: string[] = [];
  const { unaccounted, waiting } = kernelSums(health);
  if (canaryMissed >= CANARIES_MISSED) {
    problems.push(`the probe is dead: it saw none of the agent's last ${canaryMissed} connections to itself`);
  }
  if (Math.abs(unaccounted) > UNDER_WAY) problems.push(`the kernel's counters do not add up: ${unaccounted} events`);
  if (before && waiting > 0 && kernelSums(before).waiting > 0 && health.processed === before.processed) {
    problems.push(`${waiting} records wait in the rings and none is read: the drain workers hang`);
  }
  return problems;
}

function lossProblems(health: Health, before: Health | undefined): string[] {
  const lost = (of: Health) => ({
    'records, as a ring was full': of.reserveFailed,
    'events, as the probe was at work on their CPU': of.recursionMisses,
    'batches, as the spool was full': of.spool.lostFull,
    'batches that the disk had damaged': of.spool.lostDamage,
  });
  const now = Object.entries(lost(health));
  const then: Readonly<Record<string, number>> = before ? lost(before) : {};
  const problems = now.flatMap(([what, count]) => {
    const since = count - (then[what] ?? 0);
    return since > 0 ? [`${since} ${what}, were lost just now`] : [];
  });
  if (health.spool && !health.spool.durable)
    problems.push('what is found now does not reach the disk: the spool fails');
  return problems;
}

function identityProblems({ certificate }: AgentStatus, nowMs: number): string[] {
  if (!certificate || certificate.expiresMs - nowMs > EXPIRY_MS) return [];
  const leftMs = certificate.expiresMs - nowMs;
  return [leftMs > 0 ? `the certificate expires in ${formatSpan(leftMs)}` : 'the certificate has expired'];
}

function policyProblems({ policy: { progress, notes } }: AgentStatus): string[] {
  return progress === 'FAILED' ? [`the last policy could not be applied: ${notes.join('; ')}`] : [];
}
