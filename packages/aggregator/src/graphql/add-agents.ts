import type { AgentRow } from '../store/find-agents.ts';
import { findAgents } from '../store/find-agents.ts';
import { addAgentHealth } from './add-agent-health.ts';
import type { AgentStateRef } from './add-agent-state.ts';
import type { IdentityRefs } from './add-identities.ts';
import type { AgentPolicyRef } from './add-policies.ts';
import type { Builder } from './builder.ts';
import { readUuid } from './read-uuid.ts';

type AgentRefs = IdentityRefs & { readonly AgentState: AgentStateRef; readonly AgentPolicy: AgentPolicyRef };

export function addAgents(builder: Builder, { AgentIdentity, AgentClone, AgentState, AgentPolicy }: AgentRefs) {
  const Health = addAgentHealth(builder);

  const Agent = builder.objectRef<AgentRow>('Agent').implement({
    authScopes: { viewer: true },
    description: 'A host with a probe. Batch counts are those of its present spool.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'UUID that the agent keeps in its data directory.' }),
      hostname: t.exposeString('hostname', { description: 'Host name, as the agent tells it.' }),
      version: t.exposeString('version', { description: 'Version of the agent.' }),
      addresses: t.field({
        type: ['Address'],
        description: 'Addresses of the host, as the agent told them with its last Hello.',
        resolve: ({ id }, _args, { addresses }) => addresses.load(id),
      }),
      kernel: t.exposeString('kernel', { description: 'Kernel release of the host.' }),
      connected: t.boolean({
        description: 'Whether it has a session open now.',
        resolve: ({ id }, _args, { sessions }) => sessions.isOpen(id),
      }),
      state: t.field({
        type: AgentState,
        nullable: true,
        description: 'Whether it is alive and well; null if it was revoked before this aggregator started.',
        resolve: ({ id }, _args, { fleet }) => fleet.stateOf(id) ?? null,
      }),
      policy: t.field({
        type: AgentPolicy,
        description: 'What it is to work by, and what it works by.',
        resolve: ({ id }, _args, { following }) => following.load(id),
      }),
      firstSeen: t.expose('first_seen', { type: 'DateTime', description: 'When it first said Hello.' }),
      lastSeen: t.expose('last_seen', { type: 'DateTime', description: 'When it last sent anything.' }),
      epoch: t.exposeID('epoch', { description: 'UUID of its spool: batch numbers count within it.' }),
      batches: t.expose('batches', { type: 'Count', description: 'Batches committed or rejected.' }),
      rejected: t.expose('rejected', { type: 'Count', description: 'Batches that could never be stored.' }),
      lost: t.expose('lost', { type: 'Count', description: 'Batches that the agent told it has lost.' }),
      gaps: t.expose('gaps', {
        type: 'Count',
        description: 'Batch numbers missing below the highest committed one, and not told as lost: on their way again.',
      }),
      uncorrelated: t.field({
        type: 'Count',
        description:
          'Its sightings since this aggregator started that are stored and that no detection of the fleet was made of, as it told of more than 8,192 sources within five minutes.',
        resolve: ({ id }, _args, { correlation }) => correlation.uncorrelatedOf(id),
      }),
      health: t.expose('health', {
        type: Health,
        nullable: true,
        description: 'Its last counters; null if it has sent none.',
      }),
      identity: t.field({
        type: AgentIdentity,
        nullable: true,
        description: 'What it is known by; null of an agent that connected without TLS.',
        resolve: ({ id }, _args, { identities }) => identities.load(id),
      }),
      clone: t.field({
        type: AgentClone,
        nullable: true,
        description: 'Whether it was ever two at a time; null if it was not.',
        resolve: ({ clone_detected: detected, clone_ends: ends }) => detected && ends && { detected, ends },
      }),
    }),
  });

  builder.queryField('agents', (t) =>
    t.field({
      type: [Agent],
      authScopes: { viewer: true },
      description: 'Every agent that ever said Hello, by host name.',
      resolve: (_root, _args, { db }) => findAgents(db),
    }),
  );
  builder.queryField('agent', (t) =>
    t.field({
      type: Agent,
      nullable: true,
      authScopes: { viewer: true },
      description: 'One agent; null if none of this id ever said Hello.',
      args: { id: t.arg.id({ required: true, description: 'UUID of the agent.' }) },
      resolve: async (_root, { id }, { db }) => (await findAgents(db, [readUuid('id', id)]))[0] ?? null,
    }),
  );
  return Agent;
}

export type AgentRef = ReturnType<typeof addAgents>;
