import { exposeMetrics, type Logger, openDataDirectory, type SocketAddress } from '@connscan/program';
import { sql } from 'kysely';
import { findFallenTokens } from './access/api-tokens.ts';
import type { OidcOptions } from './access/create-jwt-verifier.ts';
import { startAccess } from './access/start-access.ts';
import { startCorrelation } from './correlation/start-correlation.ts';
import { startFleet } from './fleet/start-fleet.ts';
import { createGraphql } from './graphql/create-graphql.ts';
import { type CertificateFiles, readHttpCertificate } from './http/read-http-certificate.ts';
import { startHttpServer } from './http/start-http-server.ts';
import { saveClone } from './identity/identities.ts';
import { insecureIdentity, startIdentity } from './identity/start-identity.ts';
import { createCommitter } from './ingest/create-committer.ts';
import { createOpenSessions } from './ingest/open-sessions.ts';
import { createRowQuota } from './ingest/row-quota.ts';
import { startUplinkServer } from './ingest/start-uplink-server.ts';
import { createLiveAgents } from './live/live-agents.ts';
import { createLiveDetections } from './live/live-detections.ts';
import { createOpenSubscriptions } from './live/open-subscriptions.ts';
import { METRICS } from './metrics/metrics.ts';
import { readStatus } from './metrics/read-status.ts';
import { startOutputs } from './outputs/start-outputs.ts';
import { createPolicies } from './policy/create-policies.ts';
import { startRollouts } from './policy/start-rollouts.ts';
import { openPostgresStore } from './store/open-postgres-store.ts';
import { openStore } from './store/open-store.ts';
import type { PostgresUrl } from './store/postgres-url.ts';
import { startRetention } from './store/start-retention.ts';
import { createWhatIfs } from './tuning/create-what-ifs.ts';

export type AggregatorOptions = {
  /** Data directory; made if missing. */
  readonly data: string;
  /** The PostgreSQL database to keep everything in; left out, it is the embedded store in the data directory. */
  readonly store?: PostgresUrl | undefined;
  /** How long sightings are kept. */
  readonly retentionDays: number;
  /** Rows that each agent may have committed in a second; what it has beyond that waits in its spool. */
  readonly agentRowsPerSecond: number;
  /** Where GraphQL is served; port 0 takes a free one. */
  readonly http: SocketAddress;
  /** TLS of that port; left out, it is for loopback only. */
  readonly httpCertificate?: CertificateFiles | undefined;
  /** Whose JWTs are taken besides API tokens; left out, nobody's. */
  readonly oidc?: OidcOptions | undefined;
  /** Where agents connect; port 0 takes a free one. */
  readonly grpc: SocketAddress;
  /** Whether a browser that opens /graphql gets GraphiQL. */
  readonly graphiql: boolean;
  /** Without TLS: every agent is who it says. For loopback only. */
  readonly insecure: boolean;
  readonly log: Logger;
};

/** A running aggregator. `stop` finishes and acknowledges what is being committed, then ends every stream. */
export type Aggregator = { readonly http: SocketAddress; readonly grpc: SocketAddress; stop(): Promise<void> };

/** Alerts that a slow subscriber may lag behind, about 1 MB of them, before it loses the oldest. */
const LIVE_QUEUE_LENGTH = 1000;

/**
 * Starts from the store to the ports and stops in reverse. Throws DATA_DIRECTORY_UNUSABLE, DATA_DIRECTORY_IN_USE,
 * STORE_UNUSABLE, IDENTITY_UNUSABLE or ADDRESS_UNUSABLE; whatever had been started is stopped then.
 */
export async function startAggregator(options: AggregatorOptions): Promise<Aggregator> {
  const { data, http, grpc, graphiql, insecure, log } = options;
  const onDied = (error: Error) => log.error({ err: error }, 'a connection to the store was lost');
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const stopPart of started.splice(0).reverse()) await stopPart();
  };
  try {
    const certificate = options.httpCertificate && (await readHttpCertificate(options.httpCertificate));
    const directory = await openDataDirectory(data);
    started.push(directory.close);
    const store = await (options.store ? openPostgresStore(options.store, onDied) : openStore(directory.path, onDied));
    started.push(store.close);
    const { db } = store;
    const retention = await startRetention({
      ...{ db, retentionDays: options.retentionDays, wallMs: Date.now, log },
      isEmbedded: !options.store,
    });
    started.push(retention.stop);

    const live = createLiveDetections({ queueLength: LIVE_QUEUE_LENGTH });
    const liveAgents = createLiveAgents({ queueLength: LIVE_QUEUE_LENGTH });
    const sessions = createOpenSessions({
      steadyMs: () => performance.now(),
      onClone(agentId, ends) {
        log.warn({ agentId, ends }, 'two agents live under one identity');
        saveClone(db, agentId, ends).then(
          () => liveAgents.publish([{ agentId, change: 'CLONED', atMs: Date.now() }]),
          (error) => log.error({ err: error }, 'the store failed'),
        );
      },
    });
    const identity = insecure ? insecureIdentity : await startIdentity({ data: directory.path, db, sessions, log });
    started.push(identity.stop);
    const { authority } = identity;
    const policies = createPolicies({ db, log });
    const fleet = await startFleet({
      db,
      onChange: (agentId, { liveness }) => liveAgents.publish([{ agentId, change: liveness, atMs: Date.now() }]),
      log,
    });
    started.push(fleet.stop);
    const correlation = await startCorrelation({ db, hold: store.hold, policies, live, wallMs: Date.now, log });
    started.push(correlation.stop);
    const whatIfs = createWhatIfs({ ...store, log });
    started.push(whatIfs.stop);
    const rollouts = startRollouts({ db, policies, fleet, whatIfs, nowMs: Date.now, log });
    started.push(rollouts.stop);
    const subscriptions = createOpenSubscriptions({
      nowMs: Date.now,
      findFallen: (tokenIds) => findFallenTokens(db, tokenIds),
      onError: (error) => log.error({ err: error }, 'the store does not say whose token was revoked'),
    });
    started.push(async () => subscriptions.stop());
    const outputs = startOutputs({ db, data: directory.path, live, log });
    started.push(outputs.stop);
    const authenticate = await startAccess({ db, data: directory.path, oidc: options.oidc, log });
    const graphql = createGraphql({
      authenticate,
      sources: {
        db,
        live,
        liveAgents,
        subscriptions,
        sessions,
        authority,
        policies,
        fleet,
        outputs,
        correlation,
        whatIfs,
        rollouts,
      },
      log,
      graphiql,
    });
    const healthy = () =>
      Promise.all([store.hold(), sql`select 1`.execute(db)]).then(
        () => true,
        () => false,
      );
    const committer = createCommitter({
      db,
      hold: store.hold,
      days: retention.days,
      onCommitted(agentId, { alerts, sightings }) {
        live.publish(alerts);
        correlation.told(alerts);
        correlation.observe(agentId, sightings);
      },
    });
    const known = { db, startedMs: Date.now(), fleet, sessions, committer, correlation, subscriptions };
    const metrics = async () => exposeMetrics('connscan_aggregator', METRICS, await readStatus(known));
    const httpServer = await startHttpServer(http, { graphql, healthy, metrics, authenticate, certificate });
    started.push(httpServer.stop);
    // Subscriptions never end by themselves, and the server waits for its answers.
    started.push(async () => {
      live.close();
      liveAgents.close();
    });
    const uplinkServer = await startUplinkServer(grpc, {
      ...identity,
      db,
      committer,
      rowQuota: createRowQuota({ rowsPerSecond: options.agentRowsPerSecond, steadyMs: () => performance.now() }),
      sessions,
      policies,
      fleet,
      wallTimeMs: Date.now,
      log,
    });
    started.push(uplinkServer.stop);
    return { http: httpServer.address, grpc: uplinkServer.address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
