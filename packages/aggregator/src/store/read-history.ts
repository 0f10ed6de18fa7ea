import { outcomeOf, type Sighting } from '@connscan/model';
import { sql } from 'kysely';
import type { Database } from './schema.ts';

/** A sighting of the history with its sensor. */
export type HistorySighting = Pick<Sighting, 'source' | 'destination' | 'port' | 'lastSeenMs' | 'outcome'> & {
  readonly agentId: string;
};

export type HistorySpan = {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** What is later than this is read whatever `mostRows` says. */
  readonly surelySinceMs: number;
  readonly mostRows: number;
};

const HOUR_MS = 3_600_000;

/** Rows that one query is to bring. */
const CHUNK_ROWS = 20_000;

/** The sightings of a time in its order, in parts that are not empty; of too many, the latest. */
export async function* readHistory(db: Database, span: HistorySpan): AsyncGenerator<HistorySighting[], void> {
  for (const { fromMs, toMs } of await slicesOf(db, span)) {
    const rows = await readSlice(db, fromMs, toMs);
    if (rows.length > 0) yield rows;
  }
}

/** Slices of the time of about as many rows as one query is to bring, as the counts of the hours say. */
async function slicesOf(db: Database, span: HistorySpan): Promise<{ fromMs: number; toMs: number }[]> {
  const { rows: hours } = await sql<{ hour: Date; rows: number }>`
    select hour, sum(sightings) as rows from sighting_hours
    where hour >= ${new Date(span.sinceMs - HOUR_MS)} and hour <= ${new Date(span.untilMs)}
    group by hour
    order by hour desc`.execute(db);
  const slices: { fromMs: number; toMs: number }[] = [];
  let left = span.mostRows;
  for (const { hour, rows } of hours) {
    const parts = Math.ceil(rows / CHUNK_ROWS);
    for (let part = parts - 1; part >= 0; part--) {
      const fromMs = Math.max(span.sinceMs, Math.floor(hour.getTime() + (part * HOUR_MS) / parts));
      const toMs = Math.min(span.untilMs, Math.floor(hour.getTime() + ((part + 1) * HOUR_MS) / parts));
      if (toMs <= fromMs || (left <= 0 && toMs <= span.surelySinceMs)) continue;
      slices.push({ fromMs, toMs });
      left -= rows / parts;
    }
  }
  return slices.reverse();
}

async function readSlice(db: Database, fromMs: number, toMs: number): Promise<HistorySighting[]> {
  const { rows } = await sql<Omit<HistorySighting, 'outcome'> & { outcome: number }>`
    select source, destination, port, outcome, agent_id as "agentId",
      (extract(epoch from last_seen) * 1000)::bigint as "lastSeenMs"
    from sightings
    where last_seen >= ${new Date(fromMs)} and last_seen < ${new Date(toMs)}
    order by last_seen, source, destination, port, outcome`.execute(db);
  return rows.map((row) => ({ ...row, outcome: outcomeOf(row.outcome)! }));
}
