import { revokeAgent } from '../identity/identities.ts';
import { endRevoked } from '../identity/revocation-watch.ts';
import type { CloneEnd, IdentityRow } from '../store/schema.ts';
import { type LabelRefs, listLabels } from './add-labels.ts';
import type { Builder } from './builder.ts';
import { readUuid } from './read-uuid.ts';
import { InvalidInput, NotFound } from './user-error.ts';

export type Clone = { readonly detected: Date; readonly ends: readonly CloneEnd[] };

export function addIdentities(builder: Builder, { Label }: LabelRefs) {
  const AgentIdentity = builder.objectRef<IdentityRow>('AgentIdentity').implement({
    authScopes: { viewer: true },
    description: 'What an agent is known by: a certificate that this aggregator signed.',
    fields: (t) => ({
      agentId: t.exposeID('agent_id', { description: 'UUID of the agent.' }),
      hostname: t.exposeString('hostname', { description: 'Host name, as the agent told it when it enrolled.' }),
      tokenId: t.exposeID('token_id', { description: 'The enroll token that it had.' }),
      labels: t.field({
        type: [Label],
        description: 'Those of its enroll token.',
        resolve: ({ labels }) => listLabels(labels),
      }),
      enrolledAt: t.expose('enrolled', { type: 'DateTime', description: 'When it enrolled.' }),
      renewedAt: t.expose('renewed', { type: 'DateTime', description: 'When it got its latest certificate.' }),
      certificateExpiresAt: t.expose('certificate_expires', {
        type: 'DateTime',
        description: 'When its latest certificate ends; it asks for another one ten days before.',
      }),
      revokedAt: t.expose('revoked', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was taken back; null if it stands.',
      }),
    }),
  });

  const CloneEnd = builder.objectRef<CloneEnd>('CloneEnd').implement({
    authScopes: { viewer: true },
    description: 'One of two agents that were alive at the same time under one identity.',
    fields: (t) => ({
      instance: t.exposeID('instance', { description: 'UUID that the agent drew when it started.' }),
      hostname: t.exposeString('hostname', { description: 'Host name, as that agent tells it.' }),
      bootId: t.exposeString('bootId', { description: 'Changes with each boot of its host.' }),
    }),
  });

  const AgentClone = builder.objectRef<Clone>('AgentClone').implement({
    authScopes: { viewer: true },
    description: 'Two agents were alive at the same time under one identity, as a copied virtual machine makes them.',
    fields: (t) => ({
      detectedAt: t.expose('detected', { type: 'DateTime', description: 'When it was seen the last time.' }),
      ends: t.expose('ends', { type: [CloneEnd], description: 'The two, the elder session first.' }),
    }),
  });

  builder.mutationField('revokeAgent', (t) =>
    t.field({
      type: AgentIdentity,
      authScopes: { admin: true },
      errors: { types: [InvalidInput, NotFound] },
      description: 'Takes the identity of an agent back for ever. Its open sessions end.',
      args: { id: t.arg.id({ required: true, description: 'UUID of the agent.' }) },
      async resolve(_root, { id }, { db, sessions, actor, liveAgents }) {
        const agentId = readUuid('id', id);
        const identity = await revokeAgent(db, agentId, actor.name);
        if (!identity) throw new NotFound(agentId, `no agent ${agentId} is enrolled here`);
        endRevoked(sessions, agentId);
        liveAgents.publish([{ agentId, change: 'REVOKED', atMs: Date.now() }]);
        return identity;
      },
    }),
  );
  return { AgentIdentity, AgentClone };
}

export type IdentityRefs = ReturnType<typeof addIdentities>;
