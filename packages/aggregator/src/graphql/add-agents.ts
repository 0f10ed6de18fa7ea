import type { AgentRow } from '../store/find-agents.ts';
import { findAgents } from '../store/find-agents.ts';
import { addDetectorHealth } from './add-detector-health.ts';
import type { IdentityRefs } from './add-identities.ts';
import type { Builder } from './builder.ts';

export function addAgents(builder: Builder, { AgentIdentity, AgentClone }: IdentityRefs) {
  const Filtered = builder.objectRef<{ reason: string; count: number }>('FilteredRecords').implement({
    description: 'Records that the kernel side left out for one reason.',
    fields: (t) => ({
      reason: t.exposeString('reason', { description: 'The reason, as the probe names it.' }),
      count: t.expose('count', { type: 'Count', description: 'How many.' }),
    }),
  });

  const Detector = addDetectorHealth(builder);

  const Health = builder.objectRef<NonNullable<AgentRow['health']>>('AgentHealth').implement({
    description:
      'Counters of an agent since its probe was loaded: seen = submitted + reserveFailed + the sum of filtered.',
    fields: (t) => ({
      seen: t.expose('seen', { type: 'Count', description: 'Ended connections that the probe looked at.' }),
      submitted: t.expose('submitted', { type: 'Count', description: 'Records handed to the agent.' }),
      reserveFailed: t.expose('reserveFailed', {
        type: 'Count',
        description: 'Records lost because the ring was full: anything but 0 is a loss.',
      }),
      recursionMisses: t.expose('recursionMisses', {
        type: 'Count',
        description: 'Events that the kernel did not show the probe; they are not in seen.',
      }),
      filtered: t.field({
        type: [Filtered],
        description: 'Records left out in the kernel, by reason.',
        resolve: ({ filtered }) => Object.entries(filtered).map(([reason, count]) => ({ reason, count })),
      }),
      processed: t.expose('processed', {
        type: 'Count',
        description: 'Records that the detector has taken in; it reaches submitted when the rings are drained.',
      }),
      queueDropped: t.expose('queueDropped', {
        type: 'Count',
        description: 'Batches that the agent gave up because its queue was full.',
      }),
      detector: t.field({
        type: Detector,
        nullable: true,
        description: 'Counters of its detector; null if they were not told.',
        resolve: ({ detector }) => detector ?? null,
      }),
    }),
  });

  const Agent = builder.objectRef<AgentRow>('Agent').implement({
    description: 'A host with a probe. Batch counts are those of its current queue, which a restart may renew.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'UUID that the agent keeps in its data directory.' }),
      hostname: t.exposeString('hostname', { description: 'Host name, as the agent tells it.' }),
      version: t.exposeString('version', { description: 'Version of the agent.' }),
      kernel: t.exposeString('kernel', { description: 'Kernel release of the host.' }),
      connected: t.boolean({
        description: 'Whether it has a session open now.',
        resolve: ({ id }, _args, { sessions }) => sessions.isOpen(id),
      }),
      firstSeen: t.expose('first_seen', { type: 'DateTime', description: 'When it first said Hello.' }),
      lastSeen: t.expose('last_seen', { type: 'DateTime', description: 'When it last sent anything.' }),
      epoch: t.exposeID('epoch', { description: 'UUID of its queue: batch numbers count within it.' }),
      batches: t.expose('batches', { type: 'Count', description: 'Batches committed or rejected.' }),
      rejected: t.expose('rejected', { type: 'Count', description: 'Batches that could never be stored.' }),
      lost: t.expose('lost', { type: 'Count', description: 'Batches that the agent told it has lost.' }),
      gaps: t.expose('gaps', {
        type: 'Count',
        description: 'Batch numbers missing below the highest committed one, and not told as lost: on their way again.',
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
      description: 'Every agent that ever said Hello, by host name.',
      resolve: (_root, _args, { db }) => findAgents(db),
    }),
  );
  return Agent;
}

export type AgentRef = ReturnType<typeof addAgents>;
