import type { Detection } from '@connscan/model';
import type { ClaimRow } from './schema.ts';

/** A claim without the detection that it is of. */
export type Claim = Omit<ClaimRow, 'detection_id'>;

/** An alert as the claim that nothing else is known of. `agentId` is null for the aggregator's own. */
export function toClaim(agentId: string | null, alert: Detection): Claim {
  const { topPorts, samples, techniques, connections, process, snapshot } = alert;
  return {
    id: alert.id,
    revision: alert.revision,
    evidence_revision: alert.revision,
    agent_id: agentId,
    model: alert.model,
    alert_type: alert.alertType,
    severity: alert.severity,
    confidence: alert.confidence,
    rule: alert.rule,
    threshold: alert.threshold,
    policy_hash: alert.policyHash ?? null,
    end_reason: alert.endReason ?? null,
    source: alert.source,
    source_prefix_bits: alert.sourcePrefixBits ?? null,
    distinct_services: alert.distinctServices,
    distinct_hosts: alert.distinctHosts,
    distinct_ports: alert.distinctPorts,
    failed_services: alert.failedServices,
    slow_services: alert.slowServices,
    habitual_services: alert.habitualServices,
    at_least: alert.atLeast,
    first_seen: new Date(alert.firstSeenMs),
    last_seen: new Date(alert.lastSeenMs),
    started: new Date(alert.startedMs),
    ended: alert.endedMs === undefined ? null : new Date(alert.endedMs),
    details: { topPorts, samples, techniques, connections },
    process: process ?? null,
    snapshot: snapshot ?? null,
    process_revision: process || snapshot ? alert.revision : null,
  };
}
