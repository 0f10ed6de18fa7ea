import { DAYS } from './query-data.ts';

/** A question to the API; `variables` make each time another one of it. */
export type Question = {
  readonly name: string;
  readonly query: string;
  variables(below: (bound: number) => number): Readonly<Record<string, unknown>>;
};

const DAY_MS = 86_400_000;

const DETECTIONS = `query ($filter: DetectionFilter, $order: DetectionOrder, $after: String, $last: Int, $first: Int) {
  detections(filter: $filter, order: $order, after: $after, first: $first, last: $last) {
    nodes {
      id severity confidence model source startedAt lastSeen endedAt distinctServices distinctHosts agent { hostname }
      topPorts { port hosts } sensors { agent { hostname } services } samples { destination port listener { comm } }
    }
    pageInfo { endCursor hasNextPage }
  }
}`;

const addressOf = (network: string, number: number) => `${network}.${number >> 8}.${number & 255}`;

/** What a user's lists ask for, 50 at a time. */
export function pageQuestions(nowMs: number): Question[] {
  const timeOf = (daysAgo: number) => new Date(nowMs - daysAgo * DAY_MS).toISOString();
  const filters: Record<string, (below: (bound: number) => number) => object> = {
    all: () => ({}),
    severity: (below) => ({ severity: [['LOW', 'MEDIUM', 'HIGH'][below(3)]] }),
    confidence: (below) => ({ confidence: ['TENTATIVE', 'CONFIRMED'][below(2)] }),
    open: () => ({ state: 'OPEN' }),
    closed: () => ({ state: 'CLOSED' }),
    source: (below) => ({ source: addressOf('10.0', below(20_000)) }),
    target: (below) => ({ target: addressOf('10.64', below(5000)) }),
    port: (below) => ({ port: [22, 443, 1 + below(65_535)][below(3)] }),
    targetAndPort: (below) => ({ target: addressOf('10.64', below(5000)), port: 22 }),
    model: () => ({ model: 'connscan_internal_internal' }),
    agent: (below) => ({ agentId: `00000000-0000-4000-8000-${below(200).toString(16).padStart(12, '0')}` }),
    time: (below) => ({ since: timeOf(below(DAYS) + 1), until: timeOf(0) }),
    // A page in the depth of the list begins at a time, as its cursor does.
    deep: (below) => ({ until: timeOf(below(DAYS)) }),
  };
  const window = (below: (bound: number) => number) => {
    const daysAgo = below(DAYS - 1);
    return { since: timeOf(daysAgo + 1), until: timeOf(daysAgo) };
  };
  return [
    ...Object.entries(filters).map(([name, filter]) => ({
      name: `detections by ${name}`,
      query: DETECTIONS,
      variables: (below: (bound: number) => number) => ({ filter: filter(below), first: 50 }),
    })),
    { name: 'last detections', query: DETECTIONS, variables: () => ({ last: 50 }) },
    ...['LAST_SEEN', 'SEVERITY'].map((order) => ({
      name: `detections by ${order.toLowerCase()} first`,
      query: DETECTIONS,
      variables: () => ({ order, first: 50 }),
    })),
    {
      name: 'sources',
      query: `query ($since: DateTime, $until: DateTime, $after: String) { sources(since: $since, until: $until, after: $after) {
        nodes { address firstSeen lastSeen distinctServices distinctHosts connections { outcome connections } openDetections }
      } }`,
      variables: (below) => ({
        ...window(below),
        after: Buffer.from(addressOf('10.0', below(20_000))).toString('base64url'),
      }),
    },
    {
      name: 'services',
      query: `query ($since: DateTime, $until: DateTime, $port: Int) { services(since: $since, until: $until, port: $port) {
        nodes { address port sources connections { outcome connections } }
      } }`,
      variables: (below) => ({ ...window(below), port: [null, 22][below(2)] }),
    },
    { name: 'agents', query: '{ agents { id hostname lastSeen batches } }', variables: () => ({}) },
  ];
}

/** The charts: a day by the hour, a week by six hours, all days by the day. */
export function trendQuestions(nowMs: number): Question[] {
  const spans = [
    { days: 1, bucketSeconds: 3600 },
    { days: 7, bucketSeconds: 21_600 },
    { days: DAYS, bucketSeconds: 86_400 },
  ];
  return ['SEVERITY', 'OUTCOME', 'PORT'].flatMap((by) =>
    spans.map(({ days, bucketSeconds }) => ({
      name: `trend of ${days} days by ${by.toLowerCase()}`,
      query: `query ($since: DateTime, $until: DateTime, $bucketSeconds: Int, $by: TrendKey!) {
        trend(since: $since, until: $until, bucketSeconds: $bucketSeconds, by: $by) { buckets { at key count } }
      }`,
      variables: () => ({
        since: new Date(nowMs - days * DAY_MS).toISOString(),
        until: new Date(nowMs).toISOString(),
        bucketSeconds,
        by,
      }),
    })),
  );
}
