import { type Expression, type SqlBool, sql } from 'kysely';
import { type TimeOrder, timeIn } from './detection-order.ts';
import type { Database } from './schema.ts';
import { TOLD_WITHIN_MS } from './told-within.ts';
import type { Window } from './window.ts';

/** A part of a list of detections, which is looked at by itself. All sightings of one of them are in its window. */
export type DetectionSlice = Window & {
  /** Which detections are in it. */
  readonly listed: Expression<SqlBool>;
  /** How many there are, or about so. */
  readonly detections: number;
};

/** So many detections are in the first slice: with it a page that a tenth of all detections is on is full. */
const FIRST = 500;

/** How much longer than the one before a slice may be. */
const [LEAST_GROWTH, MOST_GROWTH] = [0.5, 64];

/** What is found is not spread evenly: a slice more takes longer than a slice that is too long by this. */
const RESERVE = 1.25;

/** So that a million detections of one moment are no reason for a million slices. */
const LEAST_MS = 60_000;

/** As the index detections_long has it. */
const isLong = sql<SqlBool>`
  (last_seen - started > interval '2 hours' or started - first_seen > interval '2 hours')`;
const LONG_MS = 2 * 3_600_000;

export type SlicedList = {
  /** Which detections are in the list. */
  readonly listed: Expression<SqlBool>;
  readonly order: TimeOrder;
  /** Read from its end. */
  readonly reversed: boolean;
  /** When the detections of the list started, if that is known. */
  readonly filter: Partial<Record<keyof Window, Date | null | undefined>>;
};

/**
 * The slices of a list, in the order in which it is read, that together are the whole of it. Who reads it says behind each how
 * many times as long the next is to be, and so looks at little more of the sightings than he needs.
 */
export async function* detectionSlices(
  db: Database,
  { listed, order, reversed, filter }: SlicedList,
): AsyncGenerator<DetectionSlice, void, number | undefined> {
  const { column, descending } = timeIn(order, reversed);
  const { rows } = await sql<{ count: number; earliest: Date; latest: Date; end: Date }>`
    select count(*)::integer as count, min(at) as earliest, max(at) as latest,
      (select ${descending ? sql`min` : sql`max`}(${column}) from detections) as end
    from (
      select ${column} as at from detections where ${listed}
      order by ${column} ${descending ? sql`desc` : sql`asc`} limit ${FIRST}
    ) as nearest`.execute(db);
  const { count, ...nearest } = rows[0]!;
  if (count === 0) return;
  const [earliest, latest] = [nearest.earliest.getTime(), nearest.latest.getTime()];
  if (count < FIRST) return void (yield await withWindow(db, listed, { earliest, latest, detections: count }));

  const [isBehind, isWithin] = descending ? [sql`<`, sql`>=`] : [sql`>`, sql`<=`];
  let edge = descending ? earliest : latest;
  const first = sql<SqlBool>`${listed} and ${column} ${isWithin} ${new Date(edge)}`;
  let growth = yield await withWindow(db, first, { earliest, latest, detections: count });

  const sign = descending ? -1 : 1;
  const known = order === 'last_seen' ? undefined : descending ? filter.since : filter.until;
  const end = Math.min(...[nearest.end, known].flatMap((time) => (time ? [sign * time.getTime()] : [])));
  let span = Math.max(latest - earliest, LEAST_MS);
  const density = FIRST / span;
  for (let left = end - sign * edge; left > 0; left -= span) {
    const wanted = Math.max(LEAST_GROWTH, Math.min(RESERVE * (growth ?? Infinity), MOST_GROWTH));
    // Whole milliseconds, as the store has them: what lies between an edge and its rounding would be in no slice.
    span = Math.min(Math.ceil(span * wanted), left);
    const next = edge + sign * span;
    const slice = sql<SqlBool>`
      ${listed} and ${column} ${isBehind} ${new Date(edge)} and ${column} ${isWithin} ${new Date(next)}`;
    const [earliest, latest] = descending ? [next, edge] : [edge, next];
    growth = yield await withWindow(db, slice, { earliest, latest, detections: density * span });
    edge = next;
  }
}

/** Most sightings are near the start of their detection; those that last for long are asked how long. */
async function withWindow(
  db: Database,
  listed: Expression<SqlBool>,
  { earliest, latest, detections }: { readonly earliest: number; readonly latest: number; readonly detections: number },
): Promise<DetectionSlice> {
  const { rows } = await sql<{ first: Date | null; last: Date | null }>`
    select min(first_seen) as first, max(last_seen) as last from detections where ${listed} and ${isLong}`.execute(db);
  const { first, last } = rows[0]!;
  // By the time seen last, a start is that much before, and what was seen first as much before that.
  const since = Math.min(earliest - 2 * LONG_MS, first?.getTime() ?? Infinity);
  const until = Math.max(latest + LONG_MS, last?.getTime() ?? 0) + TOLD_WITHIN_MS;
  return { listed, detections, since: new Date(since), until: new Date(until) };
}
