import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import { join } from 'node:path';
import { ConnscanError } from '@connscan/model';
import { formatSocketAddress, isLoopback, METRICS_TYPE, type SocketAddress } from '@connscan/program';
import type { Health } from '@connscan/wire';
import type { AgentStatus, StatusAnswer } from './agent-status.ts';
import { exposeAgentMetrics } from './expose-agent-metrics.ts';
import { problemsOf } from './problems-of.ts';

/** The agent's socket in its data directory. */
export const STATUS_SOCKET = 'status.sock';

/** What was lost within this time, in milliseconds, is told as a problem: longer than between two scrapes. */
const LOSS_MS = 60_000;

/** A request must have arrived within this time, in milliseconds, and so many clients are served at once. */
const REQUEST_MS = 5000;
const CLIENTS = 32;

export type StatusServerOptions = {
  /** The data directory, which this process holds. */
  readonly directory: string;
  /** A loopback address that serves the metrics too, and nothing else. */
  readonly metrics?: SocketAddress | undefined;
  readonly snapshot: () => AgentStatus;
  readonly wallTimeMs: () => number;
};

export type StatusServer = {
  /** Where the metrics are served over TCP. */
  readonly metrics: SocketAddress | undefined;
  close(): Promise<void>;
};

/**
 * Serves `/status` as JSON and `/metrics` as Prometheus reads it on a socket that only the agent's own user may connect to.
 * Throws ADDRESS_UNUSABLE.
 */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { directory, metrics, snapshot, wallTimeMs } = options;
  await using starting = new AsyncDisposableStack();
  let before: Health | undefined;
  let last: Health | undefined;
  const look = setInterval(() => {
    before = last;
    last = snapshot().health;
  }, LOSS_MS / 2).unref();
  starting.defer(() => clearInterval(look));

  const answer = (): StatusAnswer => {
    const status = snapshot();
    const atMs = wallTimeMs();
    return { ...status, atMs, problems: problemsOf(status, before ?? last, atMs) };
  };
  const metricsText = () => exposeAgentMetrics(answer());
  const pages: Pages = {
    '/metrics': { type: METRICS_TYPE, text: metricsText },
    '/status': { type: 'application/json', text: async () => JSON.stringify(answer()) },
  };

  const path = join(directory, STATUS_SOCKET);
  // Of an agent that was killed: this process holds the directory, so no other listens there.
  await rm(path, { force: true });
  starting.adopt(await listen(pages, { path }, () => true), stop);
  await chmod(path, 0o600);
  let address: SocketAddress | undefined;
  if (metrics) {
    // A web page whose name was made to point here (DNS rebinding) calls it by its own name.
    const server = await listen({ '/metrics': pages['/metrics']! }, metrics, ({ headers }) =>
      isLoopback(hostOf(headers)),
    );
    starting.adopt(server, stop);
    address = { host: metrics.host, port: (server.address() as AddressInfo).port };
  }
  const running = starting.move();
  return { metrics: address, close: () => running.disposeAsync() };
}

type Pages = Readonly<Record<string, { readonly type: string; readonly text: () => Promise<string> }>>;

async function listen(
  pages: Pages,
  address: ListenOptions & Partial<SocketAddress>,
  isAllowed: (request: IncomingMessage) => boolean,
): Promise<Server> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    const page = pages[request.url ?? ''];
    if (!isAllowed(request)) say(response, 403, 'text/plain', 'Host: must be a loopback name or address\n');
    else if (!page) say(response, 404, 'text/plain', `There is ${Object.keys(pages).join(' and ')}\n`);
    else
      page.text().then(
        (text) => say(response, 200, page.type, text),
        () => response.destroy(),
      );
  });
  server.maxConnections = CLIENTS;
  try {
    server.listen(address);
    await once(server, 'listening');
    return server;
  } catch (cause) {
    const { path, host, port } = address;
    const where = path ?? formatSocketAddress({ host: host!, port: port! });
    throw new ConnscanError('ADDRESS_UNUSABLE', `status ${where}: ${(cause as Error).message}`, { cause });
  }
}

function say(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}

function hostOf({ host = '' }: IncomingMessage['headers']): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

/** At once: nobody is told anything that the next agent would not tell as well. */
async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
