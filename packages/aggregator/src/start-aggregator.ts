import { type Logger, openDataDirectory, type SocketAddress } from '@connscan/program';
import { sql } from 'kysely';
import { createGraphql } from './graphql/create-graphql.ts';
import { startHttpServer } from './http/start-http-server.ts';
import { createOpenSessions } from './ingest/open-sessions.ts';
import { startUplinkServer } from './ingest/start-uplink-server.ts';
import { createLiveDetections } from './live/live-detections.ts';
import { openStore } from './store/open-store.ts';

export type AggregatorOptions = {
  /** Data directory; made if missing. */
  readonly data: string;
  /** Where GraphQL is served; port 0 takes a free one. */
  readonly http: SocketAddress;
  /** Where agents connect; port 0 takes a free one. */
  readonly grpc: SocketAddress;
  /** Whether a browser that opens /graphql gets GraphiQL. */
  readonly graphiql: boolean;
  readonly log: Logger;
};

/** A running aggregator. `stop` finishes and acknowledges what is being committed, then ends every stream. */
export type Aggregator = { readonly http: SocketAddress; readonly grpc: SocketAddress; stop(): Promise<void> };

/** Alerts that a slow subscriber may lag behind, about 1 MB of them, before it loses the oldest. */
const LIVE_QUEUE_LENGTH = 1000;

/**
 * Starts from the store to the ports and stops in reverse. Throws DATA_DIRECTORY_UNUSABLE, DATA_DIRECTORY_IN_USE,
 * STORE_UNUSABLE or ADDRESS_UNUSABLE; whatever had been started is stopped then.
 */
export async function startAggregator({ data, http, grpc, graphiql, log }: AggregatorOptions): Promise<Aggregator> {
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const stopPart of started.splice(0).reverse()) await stopPart();
  };
  try {
    const directory = await openDataDirectory(data);
    started.push(directory.close);
    const store = await openStore(directory.path, (error) => log.error({ err: error }, 'the store thread ended'));
    started.push(store.close);
    const { db } = store;

    const live = createLiveDetections({ queueLength: LIVE_QUEUE_LENGTH });
    const sessions = createOpenSessions();
    const graphql = createGraphql({ sources: { db, live, sessions }, log, graphiql });
    const healthy = () =>
      sql`select 1`.execute(db).then(
        () => true,
        () => false,
      );
    const httpServer = await startHttpServer(http, { graphql, healthy });
    started.push(httpServer.stop);
    // Subscriptions never end by themselves, and the server waits for its answers.
    started.push(async () => live.close());
    const uplinkServer = await startUplinkServer(grpc, { db, live, sessions, log });
    started.push(uplinkServer.stop);
    return { http: httpServer.address, grpc: uplinkServer.address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
