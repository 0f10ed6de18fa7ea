import { createLive, type Live } from './create-live.ts';

/** What may happen to an agent, and what it means. */
export const AGENT_CHANGES = {
  LIVE: 'It tells its counters, and has lost nothing lately.',
  DEGRADED: 'It works, and may have missed something.',
  SILENT: 'Nothing was heard of it for 20 seconds.',
  CLONED: 'It was two at the same time.',
  REVOKED: 'Its identity was taken back.',
} as const;
export type AgentChange = keyof typeof AGENT_CHANGES;

type AgentEvent = { readonly agentId: string; readonly change: AgentChange; readonly atMs: number };

/** `missed`: events lost to this reader since its last one, because it was slow. */
export type LiveAgent = AgentEvent & { readonly missed: number };

/** What happens to agents, as this process hears of it. */
export type LiveAgents = Live<AgentEvent, LiveAgent>;

export function createLiveAgents({ queueLength }: { readonly queueLength: number }): LiveAgents {
  return createLive({ queueLength, tell: (event, missed) => ({ ...event, missed }) });
}
