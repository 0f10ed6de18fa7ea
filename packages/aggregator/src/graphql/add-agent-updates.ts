import { AGENT_CHANGES, type AgentChange, type LiveAgent } from '../live/live-agents.ts';
import type { AgentRef } from './add-agents.ts';
import type { Builder } from './builder.ts';

/** What happens to agents, live. */
export function addAgentUpdates(builder: Builder, Agent: AgentRef): void {
  const Change = builder.enumType('AgentChange', {
    description: 'What happened to an agent.',
    values: Object.fromEntries(
      Object.entries(AGENT_CHANGES).map(([value, description]) => [value, { value, description }]),
    ) as Record<AgentChange, { value: AgentChange; description: string }>,
  });
  const AgentUpdate = builder.objectRef<LiveAgent>('AgentUpdate').implement({
    authScopes: { viewer: true },
    description: 'Something that happened to an agent.',
    fields: (t) => ({
      agent: t.field({
        type: Agent,
        nullable: true,
        description: 'The agent as it is now; null if it never said Hello.',
        resolve: ({ agentId }, _args, { agents }) => agents.load(agentId).catch(() => null),
      }),
      agentId: t.exposeID('agentId', { description: 'UUID of the agent.' }),
      change: t.expose('change', { type: Change, description: 'What happened.' }),
      at: t.field({ type: 'DateTime', description: 'When.', resolve: ({ atMs }) => new Date(atMs) }),
      missed: t.expose('missed', {
        type: 'Count',
        description: 'Updates that this subscription lost before this one, because it read too slowly.',
      }),
    }),
  });
  builder.subscriptionField('agents', (t) =>
    t.field({
      type: AgentUpdate,
      authScopes: { viewer: true },
      description: 'What happens to agents: they fall silent, lose something, are well again, are cloned or revoked.',
      subscribe: (_root, _args, { liveAgents }) => liveAgents.subscribe(() => true),
      resolve: (update) => update,
    }),
  );
}
