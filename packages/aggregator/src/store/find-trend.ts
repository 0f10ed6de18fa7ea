import { sql } from 'kysely';
import { outcomeWord } from './outcome-word.ts';
import type { Database } from './schema.ts';
import type { Window } from './window.ts';

/** What a trend is split by. */
export const TREND_KEYS = ['severity', 'outcome', 'port'] as const;
export type TrendKey = (typeof TREND_KEYS)[number];

/** How much of one kind there was from `at` on, for the length of a bucket. Buckets without any have no rows. */
export type TrendRow = { readonly at: Date; readonly key: string; readonly count: number };

export type TrendQuery = {
  readonly window: Window;
  /** Length of a bucket; buckets begin at multiples of it since 1970. */
  readonly bucketSeconds: number;
  readonly by: TrendKey;
  /** Of this source alone. */
  readonly source?: string;
};

/** Ports that have a key of their own; the connections to all others are `other`. */
const PORTS = 10;

/** By time, then key. Sightings of all sources are kept by the hour: their buckets are as long at least. */
export async function findTrend(db: Database, { window, bucketSeconds, by, source }: TrendQuery): Promise<TrendRow[]> {
  const { since, until } = window;
  const bucketOf = (column: string) =>
    sql`date_bin(make_interval(secs => ${bucketSeconds}), ${sql.ref(column)}, timestamptz 'epoch')`;
  if (by === 'severity') {
    const { rows } = await sql<TrendRow>`
      select ${bucketOf('started')} as at, severity as key, count(*) as count
      from detections
      where started >= ${since} and started < ${until} ${source === undefined ? sql`` : sql`and source = ${source}`}
      group by 1, 2 order by 1, 2`.execute(db);
    return rows;
  }
  const counted =
    source === undefined
      ? sql`select hour as at, port, outcome, connections from sighting_hours
          where hour >= date_trunc('hour', ${since}::timestamptz, 'UTC') and hour < ${until}`
      : sql`select last_seen as at, port, outcome, connections from sightings
          where source = ${source} and last_seen >= ${since} and last_seen < ${until}`;
  const key =
    by === 'outcome'
      ? outcomeWord(sql.ref('outcome'))
      : sql`case when port = any(array(select port from top)) then port::text else 'other' end`;
  const { rows } = await sql<TrendRow>`
    with counted as materialized (${counted}),
      top as (select port from counted group by port order by sum(connections) desc, port limit ${PORTS})
    select ${bucketOf('at')} as at, ${key} as key, sum(connections)::bigint as count
    from counted
    group by 1, 2 order by 1, 2`.execute(db);
  return rows;
}
