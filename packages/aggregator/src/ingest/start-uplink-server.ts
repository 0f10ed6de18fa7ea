import { ConnscanError } from '@connscan/model';
import { formatSocketAddress, type SocketAddress } from '@connscan/program';
import { type AggregatorStream, channelOptions, uplinkPackage, uplinkService } from '@connscan/wire';
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { type SessionContext, serveSession } from './serve-session.ts';

/** The port that agents connect to. */
export type UplinkServer = { readonly address: SocketAddress; stop(): Promise<void> };

/** An agent needs one stream; the rest is for health and reflection. */
const MAX_STREAMS_PER_CONNECTION = 16;

/** How long `stop` waits for clients to take note, in milliseconds, before it closes their connections. */
const FAREWELL_MS = 2000;

/** Serves sessions, gRPC health and reflection. Throws ADDRESS_UNUSABLE. */
export async function startUplinkServer(
  address: SocketAddress,
  context: Omit<SessionContext, 'stopping'>,
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
  const health = new HealthImplementation({ '': 'SERVING', 'connscan.v1.Uplink': 'SERVING' });
  health.addToServer(server);
  new ReflectionService(uplinkPackage).addToServer(server);
  const port = await bind(server, address);

  return {
    address: { host: address.host, port },
    async stop() {
      stopping.abort();
      await Promise.all([shutdown(server), ...running]);
    },
  };
}

function bind(server: Server, address: SocketAddress): Promise<number> {
  const text = formatSocketAddress(address);
  return new Promise((resolve, reject) => {
    server.bindAsync(text, ServerCredentials.createInsecure(), (cause, port) => {
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
