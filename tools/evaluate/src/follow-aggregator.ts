import { setTimeout as delay } from 'node:timers/promises';
import { askGraphql, type Server } from '@connscan/demo';

/** A detection as GraphQL tells it. */
export type FoundDetection = {
  readonly id: string;
  readonly source: string;
  readonly severity: string;
  readonly confidence: string;
  readonly endReason: string | null;
};

type Answer = {
  readonly detections: { readonly nodes: readonly FoundDetection[] };
  readonly sources: { readonly nodes: readonly { readonly address: string; readonly distinctServices: number }[] };
};

// 200 is the most that one page holds; an evaluation has some 40 sources, with seldom more than one detection each.
const QUERY = /* GraphQL */ `
  {
    detections(first: 200) { nodes { id source severity confidence endReason } }
    sources(first: 200) { nodes { address distinctServices } }
  }
`;

const INTERVAL_MS = 250;

/** What the aggregator knows, as of the latest answer. */
export type Follower = {
  detections(source: string): readonly FoundDetection[];
  /** Milliseconds of the clock when the first detection of a source came in. */
  noticedMs(source: string): number | undefined;
  /** Distinct services of a source with suspicious connections. */
  services(source: string): number;
  /** Waits until `holds`, at most so long. */
  until(holds: () => boolean, atMostMs: number): Promise<void>;
  /** Rejects when the aggregator does not answer; never resolves. */
  readonly failure: Promise<never>;
};

/** Asks GraphQL again and again, until `signal` aborts. */
export function followAggregator(server: Server, now: () => number, signal: AbortSignal): Follower {
  let latest: Answer = { detections: { nodes: [] }, sources: { nodes: [] } };
  const noticed = new Map<string, number>();

  async function follow(): Promise<never> {
    while (true) {
      latest = await askGraphql<Answer>(server, QUERY);
      for (const { source } of latest.detections.nodes) if (!noticed.has(source)) noticed.set(source, now());
      await delay(INTERVAL_MS, undefined, { signal });
    }
  }

  return {
    failure: follow(),
    detections: (source) => latest.detections.nodes.filter((detection) => detection.source === source),
    noticedMs: (source) => noticed.get(source),
    services: (source) => latest.sources.nodes.find(({ address }) => address === source)?.distinctServices ?? 0,
    async until(holds, atMostMs) {
      const end = now() + atMostMs;
      while (!holds() && now() < end) await delay(INTERVAL_MS, undefined, { signal });
    },
  };
}
