import type { Metric } from '@connscan/program';
import type { AggregatorStatus } from './read-status.ts';

/** Every metric of the aggregator, in the order of docs/metrics.md. */
export const METRICS: readonly Metric<AggregatorStatus>[] = [
  {
    name: 'info',
    help: 'Always 1; the version of the aggregator.',
    label: 'version',
    read: ({ version }) => ({ [version]: 1 }),
  },
  {
    name: 'start_time_seconds',
    help: 'When the aggregator started, as a Unix time.',
    read: ({ startedMs }) => startedMs / 1000,
  },

  {
    name: 'agents',
    help: 'Agents that were ever heard of and are not revoked, by how they are.',
    label: 'liveness',
    read: ({ liveness }) => liveness,
  },
  { name: 'sessions', help: 'Agents that have a session open now.', read: ({ sessions }) => sessions },
  {
    name: 'agent_lag_seconds',
    help: 'Age of the oldest batch that waits in a spool, of all agents, as they told last.',
    read: ({ lagMs }) => lagMs / 1000,
  },

  {
    name: 'batches_total',
    help: 'Batches of agents, by what became of them.',
    label: 'result',
    read: ({ ingest }) => ingest.batches,
  },
  {
    name: 'sightings_total',
    help: 'Sightings that were committed.',
    read: ({ ingest }) => ingest.sightings,
  },
  {
    name: 'transactions_total',
    help: 'Transactions by which batches were committed.',
    read: ({ ingest }) => ingest.transactions,
  },
  {
    name: 'transactions_seconds_total',
    help: 'How long these took together, in seconds.',
    read: ({ ingest }) => ingest.transactionsMs / 1000,
  },

  {
    name: 'correlator_sightings_total',
    help: 'Sightings that were correlated, by what became of them.',
    label: 'result',
    read: ({ correlation: { observed, repeated, uncorrelated, late } }) => ({
      ...{ observed, repeated, uncorrelated, late },
    }),
  },
  {
    name: 'correlator_sources',
    help: "Sources in the correlator's tables, of all models together.",
    read: ({ correlation }) => correlation.sources,
  },
  {
    name: 'correlator_services',
    help: 'Services in the tables, of all sources.',
    read: ({ correlation }) => correlation.services,
  },
  {
    name: 'correlator_episodes',
    help: 'Scans in the tables.',
    read: ({ correlation }) => correlation.episodes,
  },
  {
    name: 'correlator_evictions_total',
    help: 'Sources and services that lost their place in a full table.',
    label: 'table',
    read: ({ correlation: { evictedSources, evictedServices } }) => ({
      ...{ sources: evictedSources, services: evictedServices },
    }),
  },

  {
    name: 'subscriptions',
    help: 'Live subscriptions that are open now.',
    read: ({ subscriptions }) => subscriptions,
  },

  {
    name: 'rollouts',
    help: 'Roll-outs of policies that are not over, by their state.',
    label: 'state',
    read: ({ rollouts }) => rollouts,
  },

  {
    name: 'output_waiting',
    help: 'Alerts that an output has still to send.',
    label: 'output',
    read: ({ outputs }) => byName(outputs, ({ waiting }) => waiting),
  },
  {
    name: 'output_failed',
    help: 'Alerts that an output has given up.',
    label: 'output',
    read: ({ outputs }) => byName(outputs, ({ failed }) => failed),
  },
  {
    name: 'output_failing',
    help: 'Whether the last attempt of an output did not arrive.',
    label: 'output',
    read: ({ outputs }) => byName(outputs, ({ state }) => Number(state === 'failing')),
  },
  {
    name: 'output_delivered_total',
    help: 'Alerts of an output that have arrived, since it was made.',
    label: 'output',
    read: ({ outputs }) => byName(outputs, ({ delivered }) => delivered),
  },

  {
    name: 'resident_memory_bytes',
    help: 'Resident memory of the aggregator, the embedded store included, in bytes.',
    read: ({ residentBytes }) => residentBytes,
  },
  {
    name: 'cpu_seconds_total',
    help: 'Processor time of all threads, in seconds.',
    read: ({ cpuUs }) => cpuUs / 1e6,
  },
];

type OutputStatus = AggregatorStatus['outputs'][number];

function byName(outputs: readonly OutputStatus[], of: (output: OutputStatus) => number): Record<string, number> {
  return Object.fromEntries(outputs.map((output) => [output.name, of(output)]));
}
