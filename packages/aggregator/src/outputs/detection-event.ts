import { type Process, responseCommands } from '@connscan/model';
import type { DetectionRow } from '../store/schema.ts';

/** An agent that tells of a detection or saw connections of it. */
export type EventSensor = { readonly id: string; readonly hostname: string };

/**
 * A detection as it was after one alert: what outputs send. Words and names are those of the GraphQL API, times ISO 8601.
 * `id` and `revision` together name it for ever.
 */
export type DetectionEvent = ReturnType<typeof toDetectionEvent>;

export function toDetectionEvent(row: DetectionRow, sensors: readonly EventSensor[]) {
  const { details, source, source_prefix_bits: prefixBits } = row;
  return {
    id: row.id,
    revision: row.revision,
    model: row.model,
    alertType: upper(row.alert_type),
    state: row.ended ? ('CLOSED' as const) : ('OPEN' as const),
    severity: upper(row.severity),
    confidence: upper(row.confidence),
    rule: upper(row.rule),
    threshold: row.threshold,
    policyHash: row.policy_hash,
    endReason: row.end_reason && upper(row.end_reason),
    source,
    sourcePrefixBits: prefixBits,
    distinctServices: row.distinct_services,
    distinctHosts: row.distinct_hosts,
    distinctPorts: row.distinct_ports,
    failedServices: row.failed_services,
    atLeast: row.at_least,
    firstSeen: row.first_seen.toISOString(),
    lastSeen: row.last_seen.toISOString(),
    startedAt: row.started.toISOString(),
    endedAt: row.ended?.toISOString() ?? null,
    topPorts: details.topPorts,
    samples: details.samples.map(({ destination, port, outcome, connections, firstSeenMs, lastSeenMs }) => ({
      destination,
      port,
      outcome: upper(outcome),
      connections,
      firstSeen: new Date(firstSeenMs).toISOString(),
      lastSeen: new Date(lastSeenMs).toISOString(),
    })),
    techniques: details.techniques,
    responses: responseCommands({ source, ...(prefixBits && { sourcePrefixBits: prefixBits }) }),
    process: row.process && eventProcess(row.process),
    sensors,
  };
}

function eventProcess({ pid, startedMs, comm, exe, uid, user }: Process) {
  return { pid, startedAt: new Date(startedMs).toISOString(), comm, exe: exe ?? null, uid, user: user ?? null };
}

function upper<Word extends string>(word: Word): Uppercase<Word> {
  return word.toUpperCase() as Uppercase<Word>;
}
