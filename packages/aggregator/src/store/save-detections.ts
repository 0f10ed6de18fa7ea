import { ConnscanError } from '@connscan/model';
import { sql } from 'kysely';
import type { DatabaseTransaction, DetectionRow } from './schema.ts';

/**
 * Records alerts of one agent: each once in the timeline, the highest revision as the detection, in whatever order they
 * come. Returns the alerts that were new. Throws BAD_PAYLOAD if an id is that of another agent's detection, so that no
 * agent can rewrite what another one found.
 */
export async function saveDetections(
  db: DatabaseTransaction,
  agentId: string,
  alerts: readonly DetectionRow[],
): Promise<DetectionRow[]> {
  await saveHighestRevisions(db, alerts);
  await refuseForeignIds(db, agentId, alerts);
  return saveTimeline(db, alerts);
}

async function saveHighestRevisions(db: DatabaseTransaction, alerts: readonly DetectionRow[]): Promise<void> {
  // One statement must not meet a row twice: of several revisions in one batch only the highest goes in.
  const highest = new Map<string, DetectionRow>();
  for (const alert of alerts) {
    if (alert.revision > (highest.get(alert.id)?.revision ?? 0)) highest.set(alert.id, alert);
  }
  // One order of row locks for all transactions.
  const rows = [...highest.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const columns = Object.keys(rows[0]!) as (keyof DetectionRow)[];
  await db
    .insertInto('detections')
    .values(rows.map((row) => ({ ...row, details: JSON.stringify(row.details) })))
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((row) => Object.fromEntries(columns.map((column) => [column, row.ref(`excluded.${column}`)])))
        .whereRef('detections.revision', '<', 'excluded.revision')
        .whereRef('detections.agent_id', '=', 'excluded.agent_id'),
    )
    .execute();
}

async function refuseForeignIds(
  db: DatabaseTransaction,
  agentId: string,
  alerts: readonly DetectionRow[],
): Promise<void> {
  const foreign = await db
    .selectFrom('detections')
    .select('id')
    .where('id', '=', sql<string>`any(${alerts.map(({ id }) => id)})`)
    .where('agent_id', '<>', agentId)
    .executeTakeFirst();
  if (foreign) throw new ConnscanError('BAD_PAYLOAD', `id: ${foreign.id} is a detection of another agent`);
}

async function saveTimeline(db: DatabaseTransaction, alerts: readonly DetectionRow[]): Promise<DetectionRow[]> {
  const saved = await db
    .insertInto('detection_alerts')
    .values(
      alerts.map((alert) => ({
        detection_id: alert.id,
        revision: alert.revision,
        alert_type: alert.alert_type,
        severity: alert.severity,
        confidence: alert.confidence,
        distinct_services: alert.distinct_services,
        distinct_hosts: alert.distinct_hosts,
        distinct_ports: alert.distinct_ports,
        failed_services: alert.failed_services,
        last_seen: alert.last_seen,
        committed: sql<Date>`now()`,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning(['detection_id', 'revision'])
    .execute();
  const keys = new Set(saved.map(({ detection_id, revision }) => `${detection_id}.${revision}`));
  // Deleting as they are found keeps the second of two equal alerts out.
  return alerts.filter(({ id, revision }) => keys.delete(`${id}.${revision}`));
}
