import type { Agent } from './answers.ts';
import { formatTable } from './format-table.ts';

const HEAD = ['HOST', 'CONNECTED', 'LAST SEEN', 'TRANSITIONS SEEN', 'LOST', 'GAPS', 'REJECTED', 'VERSION', 'ID'];

export function formatAgents(agents: readonly Agent[]): string {
  if (agents.length === 0) return 'no agents\n';
  return formatTable(HEAD, agents.map(cellsOf));
}

function cellsOf({ hostname, connected, lastSeen, health, gaps, rejected, version, id }: Agent): readonly unknown[] {
  // Whatever was lost between the kernel and the aggregator, and by whose fault.
  const lost = health ? health.reserveFailed + health.recursionMisses + health.queueDropped : '?';
  return [hostname, connected ? 'yes' : 'NO', lastSeen, health?.seen ?? '?', lost, gaps, rejected, version, id];
}
