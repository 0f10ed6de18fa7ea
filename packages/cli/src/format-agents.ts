import type { Agent } from './answers.ts';
import { formatTable } from './format-table.ts';

const HEAD = [
  ...['HOST', 'CONNECTED', 'LAST SEEN', 'TRANSITIONS SEEN', 'LOST', 'GAPS', 'REJECTED', 'IDENTITY', 'VERSION', 'ID'],
];

export function formatAgents(agents: readonly Agent[]): string {
  if (agents.length === 0) return 'no agents\n';
  return formatTable(HEAD, agents.map(cellsOf));
}

function cellsOf(agent: Agent): readonly unknown[] {
  const { hostname, connected, lastSeen, health, gaps, rejected, version, id } = agent;
  // Whatever was lost between the kernel and the aggregator, and by whose fault.
  const { lostFull = 0, lostDamage = 0 } = health?.spool ?? {};
  const lost = health ? health.reserveFailed + health.recursionMisses + lostFull + lostDamage : '?';
  const seen = health?.seen ?? '?';
  return [hostname, connected ? 'yes' : 'NO', lastSeen, seen, lost, gaps, rejected, identityOf(agent), version, id];
}

function identityOf({ identity, clone }: Agent): string {
  if (identity?.revokedAt) return 'REVOKED';
  if (clone) return `CLONED: ${clone.ends.map(({ hostname }) => hostname).join(' and ')}`;
  return identity ? `until ${identity.certificateExpiresAt.slice(0, 10)}` : 'none';
}
