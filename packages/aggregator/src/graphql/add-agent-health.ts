import type { AgentResources, Canary as CanaryHealth, Health } from '@connscan/wire';
import { addDetectorHealth } from './add-detector-health.ts';
import { addSpoolHealth } from './add-spool-health.ts';
import type { Builder } from './builder.ts';

export function addAgentHealth(builder: Builder) {
  const Filtered = builder.objectRef<{ reason: string; count: number }>('FilteredRecords').implement({
    authScopes: { viewer: true },
    description: 'Records that the kernel side left out for one reason.',
    fields: (t) => ({
      reason: t.exposeString('reason', { description: 'The reason, as the probe names it.' }),
      count: t.expose('count', { type: 'Count', description: 'How many.' }),
    }),
  });

  const Detector = addDetectorHealth(builder);
  const Spool = addSpoolHealth(builder);

  const Resources = builder.objectRef<AgentResources>('AgentResources').implement({
    authScopes: { viewer: true },
    description: 'What an agent takes of its host.',
    fields: (t) => ({
      rssBytes: t.expose('rssBytes', { type: 'Count', description: 'Resident memory, in bytes.' }),
      heapBytes: t.expose('heapBytes', { type: 'Count', description: 'Heap of its main thread in use, in bytes.' }),
      cpuUs: t.expose('cpuUs', { type: 'Count', description: 'Processor time of all threads, in microseconds.' }),
      shedSnapshots: t.expose('shedSnapshots', {
        type: 'Count',
        description: 'Snapshots of processes that were not taken, to stay within the memory bound.',
      }),
    }),
  });

  const Canary = builder.objectRef<CanaryHealth>('Canary').implement({
    authScopes: { viewer: true },
    description: 'Connections on loopback that an agent makes to see whether its probe is alive.',
    fields: (t) => ({
      sent: t.expose('sent', { type: 'Count', description: 'Connections made.' }),
      seen: t.expose('seen', { type: 'Count', description: 'Of these, connections that the probe has counted.' }),
    }),
  });

  return builder.objectRef<Health>('AgentHealth').implement({
    authScopes: { viewer: true },
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
      detector: t.field({
        type: Detector,
        nullable: true,
        description: 'Counters of its detector; null if they were not told.',
        resolve: ({ detector }) => detector ?? null,
      }),
      spool: t.field({
        type: Spool,
        nullable: true,
        description: 'Its batches on disk; null of an agent of before it had any.',
        resolve: ({ spool }) => spool ?? null,
      }),
      resources: t.field({
        type: Resources,
        nullable: true,
        description: 'What it takes of its host; null if it was not told.',
        resolve: ({ resources }) => resources ?? null,
      }),
      canary: t.field({
        type: Canary,
        nullable: true,
        description: 'Whether its probe is alive; null if it was not told.',
        resolve: ({ canary }) => canary ?? null,
      }),
      clockAheadSeconds: t.float({
        nullable: true,
        description:
          'How far the clock of its host is ahead of the aggregator, behind if negative; 0 if less than a second, null if it was not told.',
        resolve: ({ clockAheadMs }) => (clockAheadMs === undefined ? null : clockAheadMs / 1000),
      }),
    }),
  });
}
