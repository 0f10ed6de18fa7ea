import { ConnscanError, type Detection } from '@connscan/model';
import { sql } from 'kysely';
import { saveDeliveries } from '../outputs/outbox.ts';
import { type Claim, toClaim } from './claim-row.ts';
import { foldClaims, mergeClaim } from './fold-claims.ts';
import { findDetectionOf } from './join-claim.ts';
import { saveSensors } from './save-sensors.ts';
import type { ClaimRow, DatabaseTransaction, DetectionRow, FoldedDetection } from './schema.ts';

/**
 * Merges what one claimant tells into its claims, and these into their detections, in whatever order alerts come; each is
 * recorded once in the timeline. `agentId` is null for the aggregator's own. Returns the detections as they are after
 * each alert that was new, and puts them before the outputs. Throws BAD_PAYLOAD if an id is that of another's claim, or of
 * another scan: no agent can rewrite what another one found.
 */
export async function saveClaims(
  db: DatabaseTransaction,
  agentId: string | null,
  alerts: readonly Detection[],
): Promise<DetectionRow[]> {
  if (alerts.length === 0) return [];
  await lockScans(db, alerts);
  const told = alerts.map((alert) => toClaim(agentId, alert)).sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
  const known = await findClaims(db, told);
  const claims = new Map<string, ClaimRow>();
  for (const alert of told) {
    const claim = claims.get(alert.id) ?? known.get(alert.id);
    claims.set(alert.id, claim ? addAlert(claim, alert) : await placeClaim(db, alert));
  }
  const changed = [...new Set([...claims.values()].map(({ detection_id }) => detection_id))];
  const before = await findClaimsOf(db, changed);
  await saveDetections(db, foldAll(changed, new Map([...before, ...claims]).values()));
  await writeClaims(db, [...claims.values()]);
  const fresh = await saveTimeline(db, told);
  const saved = await saveSensors(db, changed);
  const raised = detectionsAfter(told, fresh, { claims, before, saved });
  await saveDeliveries(db, raised);
  return raised;
}

/**
 * Two transactions that tell of one scan, or of one id, wait for each other. A transaction that saves claims more than once
 * locks them all before, as all take their locks in one order.
 */
export async function lockScans(
  db: DatabaseTransaction,
  alerts: readonly Pick<Detection, 'id' | 'source'>[],
): Promise<void> {
  if (alerts.length === 0) return;
  const names = [...new Set(alerts.flatMap(({ id, source }) => [id, source]))];
  await sql`
    select pg_advisory_xact_lock(key) from (
      select hashtextextended(name, 0) as key from unnest(${names}::text[]) as name order by 1
    ) as locks`.execute(db);
}

async function findClaims(db: DatabaseTransaction, told: readonly Claim[]): Promise<Map<string, ClaimRow>> {
  const ids = [...new Set(told.map(({ id }) => id))];
  const rows = await db.selectFrom('detection_claims').selectAll().where('id', '=', sql<string>`any(${ids})`).execute();
  return new Map(rows.map((row) => [row.id, row]));
}

function addAlert(claim: ClaimRow, alert: Claim): ClaimRow {
  const { id } = alert;
  if (claim.agent_id !== alert.agent_id) {
    throw new ConnscanError('BAD_PAYLOAD', `id: ${id} is a detection of another agent`);
  }
  const isSame =
    claim.source === alert.source &&
    claim.model === alert.model &&
    claim.source_prefix_bits === alert.source_prefix_bits;
  if (!isSame) throw new ConnscanError('BAD_PAYLOAD', `id: ${id} is a detection of another source or model`);
  return { ...mergeClaim(claim, alert), detection_id: claim.detection_id };
}

/** A claim nobody told before: of a scan that is known, or of a new one that bears its name. */
async function placeClaim(db: DatabaseTransaction, claim: Claim): Promise<ClaimRow> {
  return { ...claim, detection_id: (await findDetectionOf(db, claim)) ?? claim.id };
}

async function findClaimsOf(db: DatabaseTransaction, detectionIds: readonly string[]): Promise<Map<string, ClaimRow>> {
  const rows = await db
    .selectFrom('detection_claims')
    .selectAll()
    .where('detection_id', '=', sql<string>`any(${detectionIds})`)
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

function foldAll(ids: readonly string[], claims: Iterable<ClaimRow>): FoldedDetection[] {
  const grouped = Map.groupBy(claims, ({ detection_id }) => detection_id);
  return ids.map((id) => foldClaims(id, grouped.get(id)!));
}

async function saveDetections(db: DatabaseTransaction, detections: readonly FoldedDetection[]): Promise<void> {
  const { id, ...others } = detections[0]!;
  await db
    .insertInto('detections')
    .values(detections.map((detection) => ({ ...withJson(detection), agent_ids: sql<string[]>`'{}'` })))
    .onConflict((conflict) => conflict.column('id').doUpdateSet(excluded(Object.keys(others))))
    .execute();
}

async function writeClaims(db: DatabaseTransaction, claims: readonly ClaimRow[]): Promise<void> {
  const { id, ...others } = claims[0]!;
  await db
    .insertInto('detection_claims')
    .values(claims.map(withJson))
    .onConflict((conflict) => conflict.column('id').doUpdateSet(excluded(Object.keys(others))))
    .execute();
}

function excluded(columns: readonly string[]) {
  return Object.fromEntries(columns.map((column) => [column, sql.ref(`excluded.${column}`)]));
}

function withJson<Row extends FoldedDetection>(row: Row) {
  return {
    ...row,
    details: JSON.stringify(row.details),
    process: row.process && JSON.stringify(row.process),
    snapshot: row.snapshot && JSON.stringify(row.snapshot),
  };
}

/** The alerts that were not in the timeline yet, as their claim and revision. */
async function saveTimeline(db: DatabaseTransaction, told: readonly Claim[]): Promise<Set<string>> {
  const saved = await db
    .insertInto('detection_alerts')
    .values(
      told.map((alert) => ({
        claim_id: alert.id,
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
    .returning(['claim_id', 'revision'])
    .execute();
  return new Set(saved.map(({ claim_id, revision }) => `${claim_id} ${revision}`));
}

/** Goes through the alerts once more, to see the detection as it was after each. */
function detectionsAfter(
  told: readonly Claim[],
  fresh: Set<string>,
  written: {
    readonly claims: ReadonlyMap<string, ClaimRow>;
    readonly before: ReadonlyMap<string, ClaimRow>;
    readonly saved: ReadonlyMap<string, DetectionRow>;
  },
): DetectionRow[] {
  const now = new Map(written.before);
  const rows: DetectionRow[] = [];
  for (const alert of told) {
    const claim = now.get(alert.id);
    const { detection_id } = written.claims.get(alert.id)!;
    now.set(alert.id, { ...(claim ? mergeClaim(claim, alert) : alert), detection_id });
    if (!fresh.delete(`${alert.id} ${alert.revision}`)) continue;
    const claims = [...now.values()].filter((one) => one.detection_id === detection_id);
    rows.push({ ...written.saved.get(detection_id)!, ...foldClaims(detection_id, claims) });
  }
  return rows;
}
