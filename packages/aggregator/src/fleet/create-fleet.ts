import type { Logger } from '@connscan/program';
import type { Health } from '@connscan/wire';
import { type AgentProblem, lossesBetween } from './losses-between.ts';

export const LIVENESS = ['LIVE', 'DEGRADED', 'SILENT'] as const;

/** How an agent is, as far as this aggregator hears. */
export type AgentState = {
  /** SILENT: nothing is known of its host. DEGRADED: it works, and may have missed something. */
  readonly liveness: (typeof LIVENESS)[number];
  /** Why it is degraded, or was when it fell silent. */
  readonly problems: readonly AgentProblem[];
  /** Since when it is like that, as wall-clock time. */
  readonly sinceMs: number;
};

export type Fleet = {
  /** An agent said Hello. */
  greeted(agentId: string): void;
  /** An agent told its counters. */
  heard(agentId: string, health: Health): void;
  /** Undefined for an agent that was never heard of. */
  stateOf(agentId: string): AgentState | undefined;
  /** Finds who has fallen silent; due each second. */
  check(): void;
};

export type FleetOptions = {
  /** Agents that were here before, each with its last counters: if they stay away, that is an alarm. */
  readonly known: readonly { readonly id: string; readonly health: Health | null }[];
  /** A clock that never jumps. */
  readonly steadyMs: () => number;
  readonly wallMs: () => number;
  /** Hears of each change. */
  readonly onChange: (agentId: string, state: AgentState) => void;
  readonly log: Pick<Logger, 'warn' | 'info'>;
};

/** An agent tells its counters every 2 s, and one that lost its session is back in seconds: so silence shows within 30 s. */
const SILENT_MS = 20_000;

/** What was lost may be missing in the detector's window, a rollup period: for so long an agent is degraded by it. */
const DEGRADED_MS = 300_000;

/** So many connections in a row that a probe did not see prove that it is blind; one may be made while it is attached. */
const UNSEEN_CANARIES = 2;

type Entry = {
  state: AgentState;
  heardMs: number;
  health: Health | undefined;
  /** Until when each loss counts. */
  readonly losses: Map<AgentProblem, number>;
  /** Canaries that were sent when the last one was seen. */
  canariesSent: number;
};

/** Who is alive and well. It knows what agents tell and the time, and nothing else. */
export function createFleet({ known, steadyMs, wallMs, onChange, log }: FleetOptions): Fleet {
  const entries = new Map(known.map(({ id, health }) => [id, createEntry(health ?? undefined)]));

  function createEntry(health: Health | undefined): Entry {
    const state: AgentState = { liveness: 'LIVE', problems: [], sinceMs: wallMs() };
    return { state, heardMs: steadyMs(), health, losses: new Map(), canariesSent: health?.canary?.sent ?? 0 };
  }

  function hear(agentId: string): Entry {
    const entry = entries.get(agentId) ?? createEntry(undefined);
    entries.set(agentId, entry);
    entry.heardMs = steadyMs();
    return entry;
  }

  function judge(agentId: string, entry: Entry): void {
    const { state, heardMs } = entry;
    const silent = steadyMs() - heardMs > SILENT_MS;
    const problems = silent ? state.problems : problemsOf(entry);
    const liveness = silent ? 'SILENT' : problems.length > 0 ? 'DEGRADED' : 'LIVE';
    if (liveness === state.liveness && problems.join() === state.problems.join()) return;
    entry.state = { liveness, problems, sinceMs: liveness === state.liveness ? state.sinceMs : wallMs() };
    onChange(agentId, entry.state);
    if (liveness === 'LIVE') log.info({ agentId }, 'an agent is well again');
    else log.warn({ agentId, problems }, silent ? 'an agent fell silent' : 'an agent is degraded');
  }

  function problemsOf({ losses, health, canariesSent }: Entry): AgentProblem[] {
    const nowMs = steadyMs();
    for (const [loss, untilMs] of losses) if (untilMs <= nowMs) losses.delete(loss);
    const problems: AgentProblem[] = [...losses.keys()];
    if (health?.spool?.durable === false) problems.push('NOT_DURABLE');
    if ((health?.clockAheadMs ?? 0) !== 0) problems.push('CLOCK_WRONG');
    if ((health?.canary?.sent ?? 0) - canariesSent >= UNSEEN_CANARIES) problems.push('CANARY_UNSEEN');
    return problems.sort();
  }

  return {
    greeted: (agentId) => judge(agentId, hear(agentId)),
    heard(agentId, health) {
      const entry = hear(agentId);
      const before = entry.health;
      for (const loss of lossesBetween(before, health)) entry.losses.set(loss, steadyMs() + DEGRADED_MS);
      const { sent = 0, seen = 0 } = health.canary ?? {};
      // Fewer sent than before: the agent has started anew.
      const startsAnew = sent < (before?.canary?.sent ?? 0);
      if (startsAnew) entry.canariesSent = 0;
      if (seen > (startsAnew ? 0 : (before?.canary?.seen ?? 0))) entry.canariesSent = sent;
      entry.health = health;
      judge(agentId, entry);
    },
    stateOf: (agentId) => entries.get(agentId)?.state,
    check() {
      for (const [agentId, entry] of entries) judge(agentId, entry);
    },
  };
}
