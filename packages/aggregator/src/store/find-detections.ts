import type { Confidence, Severity } from '@connscan/model';
import { type Expression, type ExpressionBuilder, expressionBuilder, type SqlBool, sql } from 'kysely';
import { type DetectionOrder, type DetectionPosition, pageIn } from './detection-order.ts';
import { detectionSlices } from './detection-slices.ts';
import type { Page } from './page.ts';
import { pagesBySeverity } from './pages-by-severity.ts';
import type { ClaimRow, Database, DetectionAlertRow, DetectionRow, Schema } from './schema.ts';
import { type Touch, touched } from './touched.ts';
import type { TriageState } from './triage.ts';

export type DetectionFilter = {
  readonly severity?: readonly Severity[] | null | undefined;
  readonly confidence?: Confidence | null | undefined;
  readonly open?: boolean | undefined;
  readonly source?: string | null | undefined;
  /** By a source in this network, such as 10.0.0.0/8. */
  readonly network?: string | null | undefined;
  readonly triage?: readonly TriageState[] | null | undefined;
  readonly target?: string | null | undefined;
  readonly port?: number | null | undefined;
  readonly model?: string | null | undefined;
  readonly agentId?: string | null | undefined;
  /** Started at or after this. */
  readonly since?: Date | null | undefined;
  /** Started before this. */
  readonly until?: Date | null | undefined;
};

/** One page of the detections that match, in an order: the latest start first if none is given. */
export async function findDetections(
  db: Database,
  filter: DetectionFilter,
  page: Page<DetectionPosition>,
  order: DetectionOrder = 'newest',
): Promise<DetectionRow[]> {
  const { target, port } = filter;
  if (target || port) {
    const touch = { target: target ?? undefined, port: port ?? undefined };
    return findTouching(db, { filter, touch, page, order });
  }
  return selectDetections(db, order, page)
    .where((row) => row.and(matches(row, filter)))
    .execute();
}

type TouchingPage = {
  readonly filter: DetectionFilter;
  readonly touch: Touch;
  readonly page: Page<DetectionPosition>;
  readonly order: DetectionOrder;
};

/** Looks at one slice of the list after the other until the page is full, all of them as they are at one moment. */
function findTouching(db: Database, { filter, touch, page, order }: TouchingPage): Promise<DetectionRow[]> {
  const lists =
    order === 'severity' ? pagesBySeverity(page, filter.severity) : [{ order, page, severity: filter.severity }];
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (moment) => {
      const found: DetectionRow[] = [];
      for (const { order, page: all, severity } of lists) {
        const { where } = pageIn(order, all);
        const row = expressionBuilder<Schema, 'detections'>();
        const listed = row.and([...matches(row, { ...filter, severity }), ...where]);
        const slices = detectionSlices(moment, { listed, order, reversed: page.reversed, filter });
        for (let next = await slices.next(); !next.done; ) {
          const limit = page.limit - found.length;
          const rows = await selectDetections(moment, order, { limit, reversed: page.reversed })
            .where(await touched(moment, touch, next.value))
            .execute();
          found.push(...rows);
          if (rows.length === limit) return found;
          next = await slices.next((limit - rows.length) / rows.length);
        }
      }
      return found;
    });
}

/** One page of all detections, to which conditions may be added. */
export function selectDetections(db: Database, order: DetectionOrder, page: Page<DetectionPosition>) {
  const { where, orderBy } = pageIn(order, page);
  const query = db
    .selectFrom('detections')
    .selectAll()
    .where((row) => row.and(where))
    .limit(page.limit);
  return orderBy.reduce((ordered, by) => ordered.orderBy(by), query);
}

/** Detections in the order of their ids as given. */
export async function findDetectionsById(db: Database, ids: readonly string[]): Promise<DetectionRow[]> {
  const rows = await db.selectFrom('detections').selectAll().where('id', '=', sql<string>`any(${ids})`).execute();
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => found.get(id)).filter((row) => row !== undefined);
}

export function findDetection(db: Database, id: string): Promise<DetectionRow | undefined> {
  return db.selectFrom('detections').selectAll().where('id', '=', id).executeTakeFirst();
}

/** An alert and who told it. */
export type TimelineRow = DetectionAlertRow & { readonly detection_id: string; readonly agent_id: string | null };

/** The timeline of each detection, what was seen first first; ids that are unknown give nothing. */
export function findAlerts(db: Database, detectionIds: readonly string[]): Promise<TimelineRow[]> {
  return db
    .selectFrom('detection_alerts')
    .innerJoin('detection_claims', 'detection_claims.id', 'claim_id')
    .selectAll('detection_alerts')
    .select(['detection_id', 'agent_id'])
    .where('detection_id', '=', sql<string>`any(${detectionIds})`)
    .orderBy('detection_alerts.last_seen')
    .orderBy('claim_id')
    .orderBy('detection_alerts.revision')
    .execute();
}

/** What each claimant tells of each detection, the earliest start first; ids that are unknown give nothing. */
export function findClaims(db: Database, detectionIds: readonly string[]): Promise<ClaimRow[]> {
  return db
    .selectFrom('detection_claims')
    .selectAll()
    .where('detection_id', '=', sql<string>`any(${detectionIds})`)
    .orderBy('started')
    .orderBy('id')
    .execute();
}

function matches(row: ExpressionBuilder<Schema, 'detections'>, filter: DetectionFilter): Expression<SqlBool>[] {
  const { severity, confidence, open, source, network, model, agentId, since, until, triage } = filter;
  const conditions: (Expression<SqlBool> | undefined)[] = [
    severity ? row('severity', '=', sql<Severity>`any(${severity})`) : undefined,
    confidence ? row('confidence', '=', confidence) : undefined,
    open === undefined ? undefined : row('ended', open ? 'is' : 'is not', null),
    source ? row('source', '=', source) : undefined,
    network ? sql<SqlBool>`source <<= ${network}::inet` : undefined,
    triage ? judged(triage) : undefined,
    model ? row('model', '=', model) : undefined,
    agentId ? sql<SqlBool>`agent_ids @> array[${agentId}]::uuid[]` : undefined,
    since ? row('started', '>=', since) : undefined,
    until ? row('started', '<', until) : undefined,
  ];
  return conditions.filter((condition) => condition !== undefined);
}

function judged(states: readonly TriageState[]): Expression<SqlBool> {
  return sql<SqlBool>`
    coalesce((select state from triage where detection_id = detections.id), 'new') = any(${states})`;
}
