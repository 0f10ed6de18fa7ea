import type { Metric } from '@connscan/program';
import type { StatusAnswer } from './agent-status.ts';
import { kernelSums } from './kernel-sums.ts';

/** Every metric of the agent, in the order of docs/metrics.md. */
export const METRICS: readonly Metric<StatusAnswer>[] = [
  {
    name: 'info',
    help: 'Always 1; the version of the agent.',
    label: 'version',
    read: ({ version }) => ({ [version]: 1 }),
  },
  {
    name: 'start_time_seconds',
    help: 'When the agent started, as a Unix time.',
    read: ({ startedMs }) => startedMs / 1000,
  },
  {
    name: 'problems',
    help: 'What connscan-agent status calls wrong; 0 is healthy.',
    read: ({ problems }) => problems.length,
  },

  {
    name: 'session_connected',
    help: 'Whether there is a session with the aggregator.',
    read: ({ session }) => Number(session.state === 'connected'),
  },
  {
    name: 'session_last_ack_time_seconds',
    help: 'When the aggregator last acknowledged a batch, as a Unix time.',
    read: ({ session }) => inSeconds(session.lastAckMs),
  },
  {
    name: 'clock_ahead_seconds',
    help: "How far the host's clock is ahead of the aggregator's, in seconds; 0 where that is not known, or less than a second.",
    read: ({ health }) => health.clockAheadMs / 1000,
  },
  {
    name: 'certificate_expiry_time_seconds',
    help: "When the agent's certificate expires, as a Unix time.",
    read: ({ certificate }) => inSeconds(certificate?.expiresMs),
  },
  {
    name: 'policy_version',
    help: 'Version of the policy in force; 0 is that of the config file.',
    read: ({ policy }) => policy.version,
  },

  {
    name: 'kernel_events_total',
    help: 'Transitions of sockets and resets that the probe saw.',
    read: ({ health }) => health.seen,
  },
  {
    name: 'kernel_events_filtered_total',
    help: 'Of these, those that needed no record, by the reason.',
    label: 'reason',
    read: ({ health }) => health.filtered,
  },
  {
    name: 'kernel_events_missed_total',
    help: 'Events that the probe could not see, as it was at work on their CPU.',
    read: ({ health }) => health.recursionMisses,
  },
  {
    name: 'kernel_records_submitted_total',
    help: 'Records that the probe wrote into the rings.',
    read: ({ health }) => health.submitted,
  },
  {
    name: 'kernel_records_lost_total',
    help: 'Records that the probe could not write, as their ring was full.',
    read: ({ health }) => health.reserveFailed,
  },
  { name: 'ring_records', help: 'Records that wait in the rings.', read: ({ health }) => kernelSums(health).waiting },
  {
    name: 'records_processed_total',
    help: 'Records that were read from the rings.',
    read: ({ health }) => health.processed,
  },
  {
    name: 'canary_connections_total',
    help: 'Connections to itself that the agent made to see whether its probe is alive.',
    read: ({ health }) => health.canary.sent,
  },
  {
    name: 'canary_connections_seen_total',
    help: 'Of these, those that the probe saw.',
    read: ({ health }) => health.canary.seen,
  },

  {
    name: 'detector_records_total',
    help: 'Records that the detector took in.',
    read: ({ health }) => health.detector.observed,
  },
  {
    name: 'detector_records_ignored_total',
    help: 'Of the records, those that changed nothing, by the reason.',
    label: 'reason',
    read: ({ health: { detector } }) => ({
      unknown_originator: detector.unknownOriginators,
      same_address: detector.sameAddress,
      malformed: detector.malformed,
      late: detector.late,
    }),
  },
  {
    name: 'detector_exception_hits_total',
    help: 'Connections that an exception of the policy took, by its name.',
    label: 'exception',
    read: ({ health }) => health.detector.exceptionHits,
  },
  { name: 'detector_sources', help: 'Sources in the tables.', read: ({ health }) => health.detector.sources },
  {
    name: 'detector_services',
    help: 'Services in the tables, of all sources.',
    read: ({ health }) => health.detector.services,
  },
  { name: 'detector_episodes', help: 'Scans in the tables.', read: ({ health }) => health.detector.episodes },
  {
    name: 'detector_evictions_total',
    help: 'Sources and services that lost their place in a full table.',
    label: 'table',
    read: ({ health: { detector } }) => ({ sources: detector.evictedSources, services: detector.evictedServices }),
  },
  {
    name: 'detector_sightings_shed_total',
    help: 'Sightings that were lost with their place in a full table.',
    read: ({ health }) => health.detector.sightingsShed,
  },
  {
    name: 'detector_episodes_put_off_total',
    help: 'Times that a source over its limits found no place for an episode.',
    read: ({ health }) => health.detector.episodesPutOff,
  },
  {
    name: 'detector_recoveries_total',
    help: 'Tables that were rebuilt after the death of a worker.',
    read: ({ health }) => health.detector.recoveries,
  },
  {
    name: 'worker_deaths_total',
    help: 'Drain workers that died; others went on.',
    read: ({ health }) => health.detector.workerDeaths,
  },
  {
    name: 'snapshots_refused_total',
    help: 'Snapshots of tables that could not be taken up at the start.',
    read: ({ health }) => health.detector.snapshotsRefused,
  },

  {
    name: 'spool_batches_appended_total',
    help: 'Batches that were put into the spool.',
    read: ({ health }) => health.spool.appended,
  },
  {
    name: 'spool_batches_acknowledged_total',
    help: 'Of these, those that the aggregator has committed.',
    read: ({ health }) => health.spool.acknowledged,
  },
  {
    name: 'spool_batches_lost_total',
    help: 'Of these, those that were given up, by the reason.',
    label: 'reason',
    read: ({ health: { spool } }) => spool && { full: spool.lostFull, damage: spool.lostDamage },
  },
  { name: 'spool_batches', help: 'Batches that wait for the aggregator.', read: ({ health }) => health.spool.waiting },
  { name: 'spool_bytes', help: 'What these take, in bytes.', read: ({ health }) => health.spool.waitingBytes },
  {
    name: 'spool_oldest_age_seconds',
    help: 'Age of the oldest of them, in seconds.',
    read: ({ health }) => inSeconds(health.spool.oldestAgeMs),
  },
  {
    name: 'spool_disk_errors_total',
    help: 'Calls of the file system that failed.',
    read: ({ health }) => health.spool.diskErrors,
  },
  {
    name: 'spool_durable',
    help: 'Whether what is found now reaches the disk.',
    read: ({ health: { spool } }) => spool && Number(spool.durable),
  },

  {
    name: 'resident_memory_bytes',
    help: 'Resident memory of the agent, in bytes.',
    read: ({ health }) => health.resources.rssBytes,
  },
  { name: 'heap_bytes', help: 'Heap of the main thread, in bytes.', read: ({ health }) => health.resources.heapBytes },
  {
    name: 'cpu_seconds_total',
    help: 'Processor time of all threads, in seconds.',
    read: ({ health: { resources } }) => resources && resources.cpuUs / 1e6,
  },
  {
    name: 'process_snapshots_shed_total',
    help: 'Snapshots of processes that were not taken, to stay within the memory bound.',
    read: ({ health }) => health.resources.shedSnapshots,
  },
];

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
