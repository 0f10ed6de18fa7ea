import { outcomeCode, type Sighting } from '@connscan/model';
import { sql } from 'kysely';
import { bigints, inets, integers, jsonbs, smallints, timestamps, uuids } from './binary-column.ts';
import type { DatabaseTransaction } from './schema.ts';

/** Sightings of one sensor. */
export type ToldSightings = { readonly agentId: string; readonly sightings: readonly Sighting[] };

const HOUR_MS = 3_600_000;

/** Adds sightings to the history, and to the counts of their hours. */
export async function saveSightings(db: DatabaseTransaction, told: readonly ToldSightings[]): Promise<void> {
  const rows = told.flatMap(({ sightings }) => sightings);
  if (rows.length === 0) return;
  const agentIds = told.flatMap(({ agentId, sightings }) => Array<string>(sightings.length).fill(agentId));
  const outcomes = rows.map(({ outcome }) => outcomeCode(outcome));
  // One unnest of arrays was measured twice as fast as a row of parameters for each sighting.
  await sql`
    insert into sightings
    select * from unnest(
      ${inets(rows.map(({ source }) => source))}::inet[],
      ${inets(rows.map(({ destination }) => destination))}::inet[],
      ${integers(rows.map(({ port }) => port))}::integer[],
      ${smallints(outcomes)}::smallint[],
      ${uuids(agentIds)}::uuid[],
      ${timestamps(rows.map(({ firstSeenMs }) => firstSeenMs))}::timestamptz[],
      ${timestamps(rows.map(({ lastSeenMs }) => lastSeenMs))}::timestamptz[],
      ${bigints(rows.map(({ connections }) => connections))}::bigint[],
      ${jsonbs(rows.map(({ listener }) => listener))}::jsonb[]
    )`.execute(db);
  await countHours(db, rows, outcomes);
}

type HourCount = { readonly hour: number; readonly port: number; readonly outcome: number } & {
  sightings: number;
  connections: number;
};

/** Added up here: the store would keep all rows aside for it, which takes it 1 to 3 µs a row. */
async function countHours(
  db: DatabaseTransaction,
  rows: readonly Sighting[],
  outcomes: readonly number[],
): Promise<void> {
  const counts = new Map<number, HourCount>();
  for (const [at, { lastSeenMs, port, connections }] of rows.entries()) {
    const hour = Math.floor(Math.round(lastSeenMs) / HOUR_MS);
    const outcome = outcomes[at]!;
    const key = (hour * 65_536 + port) * 8 + outcome;
    const count = counts.get(key);
    if (count) {
      count.sightings++;
      count.connections += connections;
    } else counts.set(key, { hour, port, outcome, sightings: 1, connections });
  }
  // The order in which all transactions lock these rows.
  const ordered = [...counts].sort(([one], [other]) => one - other).map(([, count]) => count);
  await sql`
    insert into sighting_hours
    select * from unnest(
      ${timestamps(ordered.map(({ hour }) => hour * HOUR_MS))}::timestamptz[],
      ${integers(ordered.map(({ port }) => port))}::integer[],
      ${smallints(ordered.map(({ outcome }) => outcome))}::smallint[],
      ${bigints(ordered.map(({ sightings }) => sightings))}::bigint[],
      ${bigints(ordered.map(({ connections }) => connections))}::bigint[]
    )
    on conflict (hour, port, outcome) do update set
      sightings = sighting_hours.sightings + excluded.sightings,
      connections = sighting_hours.connections + excluded.connections`.execute(db);
}
