import type { Detection } from '@connscan/model';
import type { ClaimRow, Database } from './schema.ts';

/** A claim of the aggregator itself, and its last alert as it would be told. */
export type OwnClaim = ClaimRow & { readonly alert: Detection };

/** Claims of the aggregator itself that have no end yet, the earliest first. */
export async function findOpenOwnClaims(db: Database): Promise<OwnClaim[]> {
  const rows = await db
    .selectFrom('detection_claims')
    .selectAll()
    .where('agent_id', 'is', null)
    .where('ended', 'is', null)
    .orderBy('started')
    .execute();
  return rows.map((row) => ({ ...row, alert: alertOf(row) }));
}

function alertOf(row: ClaimRow): Detection {
  const { topPorts, samples, techniques, connections } = row.details;
  return {
    id: row.id,
    revision: row.revision,
    model: row.model as Detection['model'],
    alertType: row.alert_type,
    severity: row.severity,
    confidence: row.confidence,
    rule: row.rule,
    threshold: row.threshold,
    ...(row.policy_hash !== null && { policyHash: row.policy_hash }),
    source: row.source,
    ...(row.source_prefix_bits !== null && { sourcePrefixBits: row.source_prefix_bits }),
    distinctServices: row.distinct_services,
    distinctHosts: row.distinct_hosts,
    distinctPorts: row.distinct_ports,
    failedServices: row.failed_services,
    slowServices: row.slow_services!,
    habitualServices: row.habitual_services!,
    connections: connections!,
    atLeast: row.at_least,
    firstSeenMs: row.first_seen.getTime(),
    lastSeenMs: row.last_seen.getTime(),
    startedMs: row.started.getTime(),
    topPorts,
    samples,
    techniques,
  };
}
