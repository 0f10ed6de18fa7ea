import type { AgentState, LIVENESS } from '../fleet/create-fleet.ts';
import { AGENT_PROBLEMS, type AgentProblem } from '../fleet/losses-between.ts';
import { findFallen } from '../identity/identities.ts';
import { type AgentRow, findAgents } from '../store/find-agents.ts';
import type { Builder } from './builder.ts';
import type { Context, Following } from './context.ts';

/** Of an agent: its row, how it is, and how far it has followed the policies. */
type Seen = { readonly row: AgentRow; readonly state: AgentState | undefined; readonly following: Following };

type FleetHealth = {
  readonly agents: readonly Seen[];
  readonly connected: number;
};

type ProblemCount = { readonly problem: string; readonly agents: number };

/** The health of all agents in one answer; agents whose identity was taken back are left out. */
export function addFleetHealth(builder: Builder): void {
  const ProblemCount = builder.objectRef<ProblemCount>('ProblemCount').implement({
    authScopes: { viewer: true },
    description: 'How many agents have a problem.',
    fields: (t) => ({
      problem: t.exposeString('problem', { description: 'As AgentProblem names it.' }),
      agents: t.expose('agents', { type: 'Count', description: 'How many agents have it.' }),
    }),
  });

  const FleetHealth = builder.objectRef<FleetHealth>('FleetHealth').implement({
    authScopes: { viewer: true },
    description: 'How the fleet is: what may be missing, and from whom. Agents that were revoked are left out.',
    fields: (t) => {
      const sum = (description: string, of: (seen: Seen) => number) =>
        t.field({
          type: 'Count',
          description,
          resolve: ({ agents }) => agents.reduce((total, seen) => total + of(seen), 0),
        });
      const count = (description: string, holds: (seen: Seen) => boolean) => sum(description, (seen) => +holds(seen));
      const liveness = (word: (typeof LIVENESS)[number]) => (seen: Seen) => seen.state?.liveness === word;
      return {
        agents: count('Agents.', () => true),
        connected: t.expose('connected', { type: 'Count', description: 'Agents that have a session open now.' }),
        live: count('Agents that tell their counters, and have lost nothing lately.', liveness('LIVE')),
        degraded: count('Agents that work, and may have missed something.', liveness('DEGRADED')),
        silent: count('Agents of which nothing is heard.', liveness('SILENT')),
        problems: t.field({
          type: [ProblemCount],
          description: 'What is wrong with how many agents, without what is wrong with none.',
          resolve: ({ agents }) =>
            (Object.keys(AGENT_PROBLEMS) as AgentProblem[]).flatMap((problem) => {
              const having = agents.filter(({ state }) => state?.problems.includes(problem)).length;
              return having > 0 ? [{ problem, agents: having }] : [];
            }),
        }),
        droppedRecords: sum(
          'Connections that kernels had and agents never got, since their starts.',
          ({ row: { health } }) => (health ? health.reserveFailed + health.recursionMisses : 0),
        ),
        lostBatches: sum('Batches that agents told they have lost, of their present spools.', ({ row }) => row.lost),
        missingBatches: sum(
          'Batch numbers that are missing and not told as lost: on their way again.',
          ({ row }) => row.gaps,
        ),
        rejectedBatches: sum('Batches that could never be stored.', ({ row }) => row.rejected),
        waitingBatches: sum('Batches in the spools of agents.', ({ row }) => row.health?.spool?.waiting ?? 0),
        lagMs: t.field({
          type: 'Count',
          description: 'Age of the oldest batch that waits in a spool, in milliseconds; 0 if none does.',
          resolve: ({ agents }) => Math.max(0, ...agents.map(({ row }) => row.health?.spool?.oldestAgeMs ?? 0)),
        }),
        policyConverged: count('Agents that work by what they are to work by.', isConverged),
        policyPending: count(
          'Agents that do not yet.',
          (seen) => !isConverged(seen) && seen.following.told?.progress !== 'FAILED',
        ),
        policyFailed: count(
          'Agents that refused it, and work by the one before.',
          (seen) => !isConverged(seen) && seen.following.told?.progress === 'FAILED',
        ),
      };
    },
  });

  builder.queryField('fleetHealth', (t) =>
    t.field({
      type: FleetHealth,
      authScopes: { viewer: true },
      description: 'How the fleet is.',
      resolve: (_root, _args, context) => lookAt(context),
    }),
  );
}

/** An agent for which there is no document works by its own config file, as it should. */
function isConverged({ following: { desired, told } }: Seen): boolean {
  return desired === undefined || (told?.version === desired.version && told.progress === 'APPLIED');
}

async function lookAt({ db, fleet, sessions, following, authority }: Context): Promise<FleetHealth> {
  const all = await findAgents(db);
  // Without TLS no agent has an identity.
  const fallen = new Set(
    authority
      ? await findFallen(
          db,
          all.map(({ id }) => id),
        )
      : [],
  );
  const rows = all.filter(({ id }) => !fallen.has(id));
  const agents = await Promise.all(
    rows.map(async (row) => ({ row, state: fleet.stateOf(row.id), following: await following.load(row.id) })),
  );
  return { agents, connected: rows.filter(({ id }) => sessions.isOpen(id)).length };
}
