import { type Expression, type SqlBool, sql } from 'kysely';
import type { DetectionSlice } from './detection-slices.ts';
import type { Database } from './schema.ts';
import { TOLD_WITHIN_MS } from './told-within.ts';
import type { Window } from './window.ts';

/** What was touched: one of them at least, or that port of that target. */
export type Touch = { readonly target: string | undefined; readonly port: number | undefined };

const told = sql.lit(`${TOLD_WITHIN_MS} ms`);

const HOUR_MS = 3_600_000;

/** To look at so many detections takes as long as to find one sighting of a port, whose block is read for it: some 0.5 ms. */
const DETECTIONS_A_SIGHTING = 10;

/** Of the counts of a port this many are looked at: each is of one sighting at least. */
const MAX_COUNTS = 1000;

/**
 * The detections of a slice that touched something. A detection carries 20 services at most, a scan has thousands: the
 * sightings of its source during the detection say the rest.
 */
export async function touched(db: Database, touch: Touch, slice: DetectionSlice): Promise<Expression<SqlBool>> {
  if (touch.target !== undefined) return among(slice, touch, ofTarget(slice, touch.target, touch.port));
  const port = touch.port!;
  const seen = await lookUpPort(db, port, slice);
  if (seen === undefined) return among(slice, touch);
  if (seen.sightings * DETECTIONS_A_SIGHTING > slice.detections) return oneByOne(slice, port);
  return among(slice, touch, ofPort({ ...slice, ...seen }, port));
}

/** What the detection itself tells. */
function carried({ target, port }: Touch) {
  const sample = JSON.stringify({ samples: [{ destination: target, port }] });
  if (target !== undefined) return sql`details @> ${sample}::jsonb`;
  return sql`(details @> ${sample}::jsonb or details @> ${JSON.stringify({ topPorts: [{ port }] })}::jsonb)`;
}

/** An array, as no list of detections is read for it but by their ids. */
function among({ listed }: DetectionSlice, touch: Touch, seen?: Expression<unknown>): Expression<SqlBool> {
  return sql<SqlBool>`id = any(array(
    select id from detections where ${listed} and ${carried(touch)}
    ${seen ? sql`union ${seen}` : sql``}))`;
}

/**
 * From the sightings of the target to the detections. All that finds them is in an index, but when the connections began:
 * that is looked up only where it matters, as a row of the table is a page to read.
 */
function ofTarget({ listed, since, until }: DetectionSlice, target: string, port: number | undefined) {
  return sql`
    select detections.id
    from sightings join (select id, source, first_seen, last_seen from detections where ${listed}) as detections
      on detections.source = sightings.source and detections.first_seen <= sightings.last_seen
        and detections.last_seen >= sightings.last_seen - interval ${told}
    where sightings.destination = ${target} ${port === undefined ? sql`` : sql`and sightings.port = ${port}`}
      and sightings.last_seen between ${since} and ${until}
      and (sightings.last_seen <= detections.last_seen or exists (
        select from sightings as late
        where late.destination = ${target} and late.port = sightings.port and late.source = sightings.source
          and late.last_seen = sightings.last_seen and late.last_seen between ${since} and ${until}
          and late.first_seen <= detections.last_seen))`;
}

const during = sql`sightings.source = detections.source and sightings.last_seen >= detections.first_seen
  and sightings.last_seen <= detections.last_seen + interval ${told}
  and least(sightings.first_seen, sightings.last_seen) <= detections.last_seen`;

/** From the sightings of a rare port to the detections. */
function ofPort({ listed, since, until }: DetectionSlice, port: number) {
  return sql`
    select detections.id
    from sightings join (select id, source, first_seen, last_seen from detections where ${listed}) as detections on ${during}
    where sightings.port = ${port} and sightings.last_seen between ${since} and ${until}`;
}

/** One detection after the other, until the page is full: many of them have a common port. */
function oneByOne({ listed, since, until }: DetectionSlice, port: number): Expression<SqlBool> {
  return sql<SqlBool>`${listed} and (${carried({ target: undefined, port })} or exists (
    select from sightings
    where ${during} and sightings.port = ${port} and sightings.last_seen between ${since} and ${until}))`;
}

/** When a port was seen during a slice, by the hour, and how often; undefined if it was not. */
async function lookUpPort(db: Database, port: number, { since, until }: Window) {
  const { rows } = await sql<{ counts: number; sightings: number; first: Date | null; last: Date | null }>`
    select count(*)::integer as counts, sum(sightings)::bigint as sightings, min(hour) as first, max(hour) as last
    from (
      select hour, sightings from sighting_hours
      where port = ${port} and hour between ${new Date(since.getTime() - HOUR_MS)} and ${until}
      limit ${MAX_COUNTS}
    ) as counted`.execute(db);
  const { counts, sightings, first, last } = rows[0]!;
  if (!first || !last) return undefined;
  if (counts === MAX_COUNTS) return { since, until, sightings: Infinity };
  return {
    since: new Date(Math.max(since.getTime(), first.getTime())),
    until: new Date(Math.min(until.getTime(), last.getTime() + HOUR_MS)),
    sightings,
  };
}
