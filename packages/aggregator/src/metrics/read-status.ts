import manifest from '../../package.json' with { type: 'json' };
import type { FleetCounts } from '../correlation/create-fleet-detector.ts';
import { type Fleet, LIVENESS } from '../fleet/create-fleet.ts';
import type { Committer, IngestCounters } from '../ingest/create-committer.ts';
import type { OpenSessions } from '../ingest/open-sessions.ts';
import type { OpenSubscriptions } from '../live/open-subscriptions.ts';
import { type OutputState, outputState } from '../outputs/output-state.ts';
import { findOutputs } from '../outputs/outputs.ts';
import { findRollouts, OPEN_STATES } from '../policy/rollouts.ts';
import { findAgents } from '../store/find-agents.ts';
import type { Database } from '../store/schema.ts';

/** What the aggregator's metrics are read from. */
export type AggregatorStatus = {
  readonly version: string;
  readonly startedMs: number;
  /** Agents that are not revoked, by how they are. */
  readonly liveness: Readonly<Record<string, number>>;
  readonly sessions: number;
  readonly lagMs: number;
  readonly ingest: IngestCounters;
  readonly correlation: FleetCounts;
  readonly subscriptions: number;
  /** Roll-outs that are not over, by their state. */
  readonly rollouts: Readonly<Record<string, number>>;
  readonly outputs: readonly {
    readonly name: string;
    readonly state: OutputState;
    readonly waiting: number;
    readonly failed: number;
    readonly delivered: number;
  }[];
  readonly residentBytes: number;
  readonly cpuUs: number;
};

export type StatusSources = {
  readonly db: Database;
  readonly startedMs: number;
  readonly fleet: Pick<Fleet, 'stateOf'>;
  readonly sessions: Pick<OpenSessions, 'count'>;
  readonly committer: Pick<Committer, 'counters'>;
  readonly correlation: { counts(): FleetCounts };
  readonly subscriptions: Pick<OpenSubscriptions, 'count'>;
};

/** Asks all that knows. Rejects if the store does not answer. */
export async function readStatus(sources: StatusSources): Promise<AggregatorStatus> {
  const { db, startedMs, fleet, sessions, committer, correlation, subscriptions } = sources;
  const [agents, outputs, rollouts] = await Promise.all([
    findAgents(db),
    findOutputs(db),
    findRollouts(db, OPEN_STATES),
  ]);
  const states = agents.flatMap(({ id }) => fleet.stateOf(id)?.liveness ?? []);
  const usage = process.cpuUsage();
  return {
    version: manifest.version,
    startedMs,
    liveness: Object.fromEntries(
      LIVENESS.map((word) => [word.toLowerCase(), states.filter((state) => state === word).length]),
    ),
    sessions: sessions.count(),
    lagMs: agents.reduce((oldest, { health }) => Math.max(oldest, health?.spool?.oldestAgeMs ?? 0), 0),
    ingest: committer.counters(),
    correlation: correlation.counts(),
    subscriptions: subscriptions.count(),
    rollouts: Object.fromEntries(
      OPEN_STATES.map((word) => [word.toLowerCase(), rollouts.filter(({ state }) => state === word).length]),
    ),
    outputs: outputs.map((output) => {
      const { name, waiting, failed, delivered } = output;
      return { name, state: outputState(output), waiting, failed, delivered };
    }),
    residentBytes: process.memoryUsage.rss(),
    cpuUs: usage.user + usage.system,
  };
}
