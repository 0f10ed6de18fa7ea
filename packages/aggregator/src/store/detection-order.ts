import { SEVERITIES } from '@connscan/model';
import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Page } from './page.ts';
import type { DetectionRow } from './schema.ts';

export const DETECTION_ORDERS = ['newest', 'oldest', 'last_seen', 'severity'] as const;

export type DetectionOrder = (typeof DETECTION_ORDERS)[number];

/** A place in an order: the numbers that it goes by, times in milliseconds, and the id. */
export type DetectionPosition = { readonly values: readonly number[]; readonly id: string };

/** What detections are ordered by, the greatest first; of those that are equal, the least id is first. */
type Key = {
  readonly column: RawBuilder<unknown>;
  readonly numberOf: (row: DetectionRow) => number;
  readonly parameter: (value: number) => RawBuilder<unknown>;
};

const time = (value: number) => sql`${new Date(value)}::timestamptz`;

const started: Key = { column: sql`started`, numberOf: (row) => row.started.getTime(), parameter: time };

const lastSeen: Key = { column: sql`last_seen`, numberOf: (row) => row.last_seen.getTime(), parameter: time };

/** As the index detections_severity has it. */
const severity: Key = {
  column: sql`(case severity when 'high' then 2 when 'medium' then 1 else 0 end)`,
  numberOf: (row) => SEVERITIES.indexOf(row.severity),
  parameter: (value) => sql`${value}::integer`,
};

const KEYS: Readonly<Record<DetectionOrder, readonly Key[]>> = {
  newest: [started],
  oldest: [started],
  last_seen: [lastSeen],
  severity: [severity, started],
};

/** An order that goes by time alone. */
export type TimeOrder = Exclude<DetectionOrder, 'severity'>;

/** The time that an order goes by, and whether a page of it is read from the latest on. */
export function timeIn(order: TimeOrder, reversed: boolean) {
  return { column: KEYS[order][0]!.column, descending: (order === 'oldest') === reversed };
}

/** How many numbers a place in an order has. */
export function valuesIn(order: DetectionOrder): number {
  return KEYS[order].length;
}

export function positionOf(order: DetectionOrder, row: DetectionRow): DetectionPosition {
  return { values: KEYS[order].map(({ numberOf }) => numberOf(row)), id: row.id };
}

/** The conditions of a page, and by what its rows are ordered. The oldest first are the newest first from their end. */
export function pageIn(order: DetectionOrder, page: Page<DetectionPosition>) {
  const keys = KEYS[order];
  const { after, before, reversed } =
    order === 'oldest' ? { after: page.before, before: page.after, reversed: !page.reversed } : page;
  const direction = reversed ? sql`asc` : sql`desc`;
  return {
    where: [...(after ? [behind(keys, after)] : []), ...(before ? [ahead(keys, before)] : [])],
    orderBy: [...keys.map(({ column }) => sql`${column} ${direction}`), reversed ? sql`id desc` : sql`id asc`],
  };
}

/** The first condition is where the index begins, so that no page reads those before it. */
function behind(keys: readonly Key[], place: DetectionPosition): Expression<SqlBool> {
  const { columns, values } = compared(keys, place);
  return sql<SqlBool>`(${columns}) <= (${values}) and ((${columns}) < (${values}) or id > ${place.id})`;
}

function ahead(keys: readonly Key[], place: DetectionPosition): Expression<SqlBool> {
  const { columns, values } = compared(keys, place);
  return sql<SqlBool>`(${columns}) >= (${values}) and ((${columns}) > (${values}) or id < ${place.id})`;
}

function compared(keys: readonly Key[], { values }: DetectionPosition) {
  return {
    columns: sql.join(keys.map(({ column }) => column)),
    values: sql.join(keys.map(({ parameter }, index) => parameter(values[index]!))),
  };
}
