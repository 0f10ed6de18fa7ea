import { type AgentState, LIVENESS } from '../fleet/create-fleet.ts';
import { AGENT_PROBLEMS, type AgentProblem } from '../fleet/losses-between.ts';
import type { Builder } from './builder.ts';

const MEANINGS = {
  LIVE: 'It tells its counters, and nothing was lost lately.',
  DEGRADED: 'It works, and may have missed something: see the problems.',
  SILENT: 'Nothing was heard of it for 20 seconds: killed, stopped, frozen or cut off.',
} as const;

export function addAgentState(builder: Builder) {
  const Liveness = builder.enumType('AgentLiveness', {
    description: 'How an agent is, as far as this aggregator hears.',
    values: Object.fromEntries(LIVENESS.map((value) => [value, { value, description: MEANINGS[value] }])) as Record<
      AgentState['liveness'],
      { value: AgentState['liveness']; description: string }
    >,
  });
  const Problem = builder.enumType('AgentProblem', {
    description: 'What is wrong with an agent.',
    values: Object.fromEntries(
      Object.entries(AGENT_PROBLEMS).map(([value, description]) => [value, { value, description }]),
    ) as Record<AgentProblem, { value: AgentProblem; description: string }>,
  });
  return builder.objectRef<AgentState>('AgentState').implement({
    authScopes: { viewer: true },
    description: 'Whether an agent is alive and well.',
    fields: (t) => ({
      liveness: t.expose('liveness', { type: Liveness, description: 'The one word.' }),
      problems: t.field({
        type: [Problem],
        description: 'Why it is degraded, or was when it fell silent. A loss counts for five minutes.',
        resolve: ({ problems }) => [...problems],
      }),
      since: t.field({
        type: 'DateTime',
        description: 'Since when it is so, or since this aggregator started.',
        resolve: ({ sinceMs }) => new Date(sinceMs),
      }),
    }),
  });
}

export type AgentStateRef = ReturnType<typeof addAgentState>;
