import { ConnscanError } from '@connscan/model';
import { type RawBuilder, sql } from 'kysely';
import type { DatabaseTransaction, DetectionRow } from './schema.ts';

/**
 * What was seen of a scan. An end tells an empty window, so these columns stay those of the fullest alert, while all
 * others are those of the latest.
 */
const EVIDENCE: readonly (keyof DetectionRow)[] = [
  'evidence_revision',
  'distinct_services',
  'distinct_hosts',
  'distinct_ports',
  'failed_services',
  'slow_services',
  'habitual_services',
  'at_least',
  'details',
];

/**
 * Who did it. These stay together, so that a snapshot is never shown with another process: they are of the first alert
 * with a snapshot, else of the first that names a process. What a source does later cannot displace them.
 */
const ATTRIBUTION: readonly (keyof DetectionRow)[] = ['process', 'snapshot', 'process_revision'];

/**
 * Merges alerts of one agent into their detections, in whatever order they come, and records each once in the timeline.
 * Returns the detections as they are after each alert that was new. Throws BAD_PAYLOAD if an id is that of another
 * agent's detection, so that no agent can rewrite what another one found.
 */
export async function saveDetections(
  db: DatabaseTransaction,
  agentId: string,
  alerts: readonly DetectionRow[],
): Promise<DetectionRow[]> {
  const saved: DetectionRow[] = [];
  for (const round of roundsOf(alerts)) {
    const merged = await mergeAlerts(db, round);
    await refuseForeignIds(db, agentId, round);
    const fresh = await saveTimeline(db, round);
    saved.push(...merged.filter(({ id }) => fresh.has(id)));
  }
  return saved;
}

/**
 * One statement must not meet a row twice, so each round has one alert of a detection. Its order is that of the row
 * locks of all transactions.
 */
function roundsOf(alerts: readonly DetectionRow[]): DetectionRow[][] {
  const rounds: DetectionRow[][] = [];
  const used = new Map<string, number>();
  for (const alert of alerts.toSorted((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)))) {
    const number = used.get(alert.id) ?? 0;
    used.set(alert.id, number + 1);
    const round = rounds[number];
    if (round) round.push(alert);
    else rounds.push([alert]);
  }
  return rounds;
}

function mergeAlerts(db: DatabaseTransaction, alerts: readonly DetectionRow[]): Promise<DetectionRow[]> {
  const columns = Object.keys(alerts[0]!) as (keyof DetectionRow)[];
  const later = sql`excluded.revision > detections.revision`;
  const fuller = sql`(excluded.distinct_services, excluded.evidence_revision)
    > (detections.distinct_services, detections.evidence_revision)`;
  const known = (
    row: string,
  ) => sql`(${sql.ref(`${row}.snapshot`)} is not null, ${sql.ref(`${row}.process`)} is not null,
    -${sql.ref(`${row}.process_revision`)})`;
  const better = sql`${known('excluded')} > ${known('detections')}`;
  const conditionOf = (column: keyof DetectionRow) => {
    if (ATTRIBUTION.includes(column)) return better;
    return EVIDENCE.includes(column) ? fuller : later;
  };
  const merged = (column: keyof DetectionRow): RawBuilder<never> => sql`
    case when ${conditionOf(column)}
      then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`detections.${column}`)} end`;
  return db
    .insertInto('detections')
    .values(alerts.map(withJson))
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(Object.fromEntries(columns.map((column) => [column, merged(column)])))
        .whereRef('detections.agent_id', '=', 'excluded.agent_id'),
    )
    .returningAll()
    .execute();
}

function withJson(alert: DetectionRow) {
  return {
    ...alert,
    details: JSON.stringify(alert.details),
    process: alert.process && JSON.stringify(alert.process),
    snapshot: alert.snapshot && JSON.stringify(alert.snapshot),
  };
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

/** The ids of the alerts that were not in the timeline yet. */
async function saveTimeline(db: DatabaseTransaction, alerts: readonly DetectionRow[]): Promise<Set<string>> {
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
    .returning('detection_id')
    .execute();
  return new Set(saved.map(({ detection_id }) => detection_id));
}
