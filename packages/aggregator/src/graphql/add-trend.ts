import { findTrend, TREND_KEYS, type TrendKey, type TrendRow } from '../store/find-trend.ts';
import type { Window } from '../store/window.ts';
import type { Builder } from './builder.ts';
import { named } from './enums.ts';
import { readCount } from './read-count.ts';
import { readWindow } from './read-window.ts';
import { InvalidInput } from './user-error.ts';

const MAX_BUCKETS = 500;
const HOUR_SECONDS = 3600;
const MAX_BUCKET_SECONDS = 31 * 86_400;

type Trend = { readonly bucketSeconds: number; readonly rows: readonly TrendRow[] };

/** Counts in time buckets, of the fleet and of one source. */
export function addTrend(builder: Builder) {
  const TrendKey = builder.enumType('TrendKey', {
    description: 'What a trend counts, and what it is split by.',
    values: named(TREND_KEYS, {
      severity: 'Detections that started, by severity.',
      outcome: 'Connections by how they ended. What two sensors told of counts twice.',
      port: 'Connections by the ten busiest ports, and all others as `other`. What two sensors told of counts twice.',
    }),
  });
  const Bucket = builder.objectRef<TrendRow>('TrendBucket').implement({
    authScopes: { viewer: true },
    description: 'How much of one kind there was for the length of a bucket.',
    fields: (t) => ({
      at: t.expose('at', { type: 'DateTime', description: 'When the bucket begins: at a multiple of its length.' }),
      key: t.string({
        description: 'The severity or outcome in capitals, the port, or `other`.',
        resolve: ({ key }) => (key === 'other' ? key : key.toUpperCase()),
      }),
      count: t.expose('count', { type: 'Count', description: 'How much.' }),
    }),
  });
  const Trend = builder.objectRef<Trend>('Trend').implement({
    authScopes: { viewer: true },
    description: 'Counts in time buckets.',
    fields: (t) => ({
      bucketSeconds: t.exposeInt('bucketSeconds', { description: 'Length of a bucket.' }),
      buckets: t.field({
        type: [Bucket],
        complexity: { field: MAX_BUCKETS, multiplier: 1 },
        description: 'Buckets with something in them, by time, then key.',
        resolve: ({ rows }) => [...rows],
      }),
    }),
  });

  builder.queryField('trend', (t) =>
    t.field({
      type: Trend,
      authScopes: { viewer: true },
      description: 'Detections or connections of the fleet over time.',
      args: {
        since: t.arg({ type: 'DateTime', description: 'From this time on; a day before `until` if left out.' }),
        until: t.arg({ type: 'DateTime', description: 'Before this time; now if left out.' }),
        bucketSeconds: t.arg.int({
          description: `Length of a bucket, an hour if left out; for connections whole hours. ${MAX_BUCKETS} buckets at most.`,
        }),
        by: t.arg({ type: TrendKey, required: true, description: 'What is counted, and split by what.' }),
      },
      async resolve(_root, { bucketSeconds, by, ...args }, { db }) {
        const window = readWindow(args);
        const seconds = readBucket(bucketSeconds ?? HOUR_SECONDS, window);
        if (by !== 'severity' && seconds % HOUR_SECONDS !== 0) {
          throw new InvalidInput('bucketSeconds', `must be whole hours for connections, is ${seconds}`);
        }
        return { bucketSeconds: seconds, rows: await findTrend(db, { window, bucketSeconds: seconds, by }) };
      },
    }),
  );
  return { Trend, TrendKey };
}

export type TrendRefs = ReturnType<typeof addTrend>;

/** The trend of one source, whose buckets may be shorter. */
export async function trendOfSource(
  db: Parameters<typeof findTrend>[0],
  window: Window,
  { source, bucketSeconds, by }: { readonly source: string; readonly bucketSeconds: number; readonly by: TrendKey },
): Promise<Trend> {
  const seconds = readBucket(bucketSeconds, window);
  return { bucketSeconds: seconds, rows: await findTrend(db, { window, bucketSeconds: seconds, by, source }) };
}

function readBucket(seconds: number, { since, until }: Window): number {
  readCount('bucketSeconds', seconds, 1, MAX_BUCKET_SECONDS);
  const buckets = Math.ceil((until.getTime() - since.getTime()) / 1000 / seconds);
  if (buckets > MAX_BUCKETS) {
    throw new InvalidInput('bucketSeconds', `must make at most ${MAX_BUCKETS} buckets, makes ${buckets}`);
  }
  return seconds;
}
