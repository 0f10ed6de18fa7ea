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

const HOUR_MS = 3_600_000;

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
  const [at, from] =
    source === undefined
      ? [
          'hour',
          sql`from sighting_hours
            where hour >= ${hourOf(since)} and hour < ${until}`,
        ]
      : ['last_seen', sql`from sightings where source = ${source} and last_seen >= ${since} and last_seen < ${until}`];
  // Exact up to 2⁵³; the sum of bigint is a numeric, which takes twice as long.
  const sum = sql`sum(connections::double precision)`;
  const [number, word] =
    by === 'outcome'
      ? [sql`outcome`, outcomeWord(sql.ref('number'))]
      : [sql`case when port = any(array(select port from top)) then port end`, sql`coalesce(number::text, 'other')`];
  // A month of hours is half a million rows: numbers are grouped, and become words at the end.
  const { rows } = await sql<TrendRow>`
    with top as (select port ${from} group by port order by ${sum} desc, port limit ${PORTS}),
      counted as (select ${bucketOf(at)} as at, ${number} as number, ${sum}::bigint as count ${from} group by 1, 2)
    select at, ${word} as key, count from counted order by 1, 2`.execute(db);
  return rows;
}

/** Here, as the store would compute it for each row anew: a quarter of a second in a month of hours. */
function hourOf(time: Date): Date {
  return new Date(Math.floor(time.getTime() / HOUR_MS) * HOUR_MS);
}
