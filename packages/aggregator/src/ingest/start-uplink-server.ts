import { ConnscanError } from '@connscan/model';
import { formatSocketAddress, type SocketAddress } from '@connscan/program';
import { type AggregatorStream, channelOptions, enrollmentService, uplinkPackage, uplinkService } from '@connscan/wire';
import { logVerbosity, Server, type ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import type { EnrollmentHandlers } from '../identity/serve-enrollment.ts';
import { type SessionContext, serveSession } from './serve-session.ts';

/** The port that agents connect to. */
export type UplinkServer = { readonly address: SocketAddress; stop(): Promise<void> };

/** An agent needs one stream; the rest is for health and reflection. */
const MAX_STREAMS_PER_CONNECTION = 16;

/** How long `stop` waits for clients to take note, in milliseconds, before it closes their connections. */
const FAREWELL_MS = 2000;

export type UplinkServerOptions = Omit<SessionContext, 'stopping'> & {
  readonly credentials: ServerCredentials;
  /** Undefined where there are no identities. */
  readonly enrollment: EnrollmentHandlers | undefined;
};

/** Serves sessions, enrollment, gRPC health and reflection. Throws ADDRESS_UNUSABLE. */
export async function startUplinkServer(
  address: SocketAddress,
  { credentials, enrollment, ...context }: UplinkServerOptions,
): Promise<UplinkServer> {
  // It would write to standard error what comes as an error anyway.
  setLogVerbosity(logVerbosity.NONE);
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const server = new Server({ ...channelOptions, 'grpc.max_concurrent_streams': MAX_STREAMS_PER_CONNECTION });
  server.addService(uplinkService, {
    session(call: AggregatorStream) {
      const session = serveSession(call, { ...context, stopping: stopping.signal });
      running.add(session);
      void session.finally(() => running.delete(session));
    },
  });
  if (enrollment) server.addService(enrollmentService, enrollment);
  const health = new HealthImplementation({ '': 'SERVING', 'connscan.v1.Uplink': 'SERVING' });
  health.addToServer(server);
  new ReflectionService(uplinkPackage).addToServer(server);
  const port = await bind(server, address, credentials);

  return {
    address: { host: address.host, port },
    async stop() {
      stopping.abort();
      await Promise.all([shutdown(server), ...running]);
    },
  };
}

function bind(server: Server, address: SocketAddress, credentials: ServerCredentials): Promise<number> {
  const text = formatSocketAddress(address);
  return new Promise((resolve, reject) => {
    server.bindAsync(text, credentials, (cause, port) => {
      if (cause) reject(new ConnscanError('ADDRESS_UNUSABLE', `grpc ${text}: ${cause.message}`, { cause }));
      else resolve(port);
    });
  });
}

function shutdown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const impatient = setTimeout(() => server.forceShutdown(), FAREWELL_MS);
    server.tryShutdown(() => {
      clearTimeout(impatient);
      resolve();
    });
  });
}
