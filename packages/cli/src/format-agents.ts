import type { Agent } from './answers.ts';
import { type Colour, type Column, formatTable } from './format-table.ts';
import { PLAIN, type Screen } from './screen.ts';

const COLUMNS: readonly (string | Column)[] = [
  { head: 'HOST', narrow: 'cut' },
  { head: 'STATE', narrow: 'cut', colourOf: stateColour },
  'LAST SEEN',
  { head: 'TRANSITIONS SEEN', narrow: 'drop' },
  'LOST',
  { head: 'GAPS', narrow: 'drop' },
  { head: 'REJECTED', narrow: 'drop' },
  { head: 'POLICY', narrow: 'cut' },
  { head: 'IDENTITY', narrow: 'cut' },
  { head: 'VERSION', narrow: 'drop' },
  'ID',
];

export function formatAgents(agents: readonly Agent[], screen: Screen = PLAIN): string {
  if (agents.length === 0) return 'no agents\n';
  return formatTable(COLUMNS, agents.map(cellsOf), screen);
}

function stateColour(state: string): Colour | undefined {
  if (/^(SILENT|REVOKED)/.test(state)) return 'red';
  return state.startsWith('DEGRADED') ? 'yellow' : undefined;
}

function cellsOf(agent: Agent): readonly unknown[] {
  const { hostname, lastSeen, health, gaps, rejected, version, id } = agent;
  // Whatever was lost between the kernel and the aggregator, and by whose fault.
  const { lostFull = 0, lostDamage = 0 } = health?.spool ?? {};
  const lost = health ? health.reserveFailed + health.recursionMisses + lostFull + lostDamage : '?';
  const seen = health?.seen ?? '?';
  const counted = [lastSeen, seen, lost, gaps, rejected];
  return [hostname, stateOf(agent), ...counted, policyOf(agent), identityOf(agent), version, id];
}

/** An agent whose session has just ended is live for a while yet; both are told. */
function stateOf({ state, connected }: Agent): string {
  const word = state?.liveness ?? 'REVOKED';
  if (state?.liveness === 'DEGRADED') return `DEGRADED: ${state.problems.join(', ')}`;
  return connected || word !== 'LIVE' ? word : 'LIVE, not connected';
}

/** The version in force; what it should be and why it is not; how many settings the agent has bounded. */
function policyOf({ policy: { desired, inForce, progress, notes } }: Agent): string {
  const version = inForce?.version ?? '?';
  if (progress === 'FAILED' || (desired && desired.version !== inForce?.version)) {
    return `${version}, wanted ${desired?.version ?? version}: ${progress ?? 'not told'}`;
  }
  return notes.length > 0 ? `${version}, ${notes.length} bounded` : `${version}`;
}

function identityOf({ identity, clone }: Agent): string {
  if (identity?.revokedAt) return 'REVOKED';
  if (clone) return `CLONED: ${clone.ends.map(({ hostname }) => hostname).join(' and ')}`;
  return identity ? `until ${identity.certificateExpiresAt.slice(0, 10)}` : 'none';
}
