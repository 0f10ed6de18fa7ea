import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { ConnscanError } from '@connscan/model';
import { formatSocketAddress, isLoopback, METRICS_TYPE, type SocketAddress } from '@connscan/program';
import type { Authenticate } from '../access/create-authenticate.ts';
import type { HttpCertificate } from './read-http-certificate.ts';

/** The port that people and their programs connect to. */
export type HttpServer = { readonly address: SocketAddress; stop(): Promise<void> };

export type HttpServerOptions = {
  readonly graphql: RequestListener;
  readonly healthy: () => Promise<boolean>;
  /** For Prometheus, whoever may ask anything. */
  readonly metrics: () => Promise<string>;
  readonly authenticate: Authenticate;
  /** Undefined: without TLS, for loopback only. */
  readonly certificate?: HttpCertificate | undefined;
  /** A connection on which nothing moves for so long is closed: its reader does not read. Live answers have a sign of life each 12 s. */
  readonly stalledMs?: number;
};

/** How long `stop` waits for answers on their way, in milliseconds, before it closes their connections. */
const FAREWELL_MS = 2000;

/** A request must have arrived within this time; answers, such as live subscriptions, may take for ever. */
const REQUEST_MS = 15_000;

/** Connections at a time: a subscription takes one, and some 100 KB. */
const MAX_CONNECTIONS = 2000;

const STALLED_MS = 60_000;

/**
 * Serves /graphql, /metrics and /healthz, and only to clients that call it by a name of its own, a loopback one or one of its
 * certificate: a web page whose name was made to point here (DNS rebinding) calls it by that. A web page of another origin
 * is refused. Throws ADDRESS_UNUSABLE.
 */
export async function startHttpServer(address: SocketAddress, options: HttpServerOptions): Promise<HttpServer> {
  const { graphql, healthy, certificate, stalledMs = STALLED_MS } = options;
  const listener: RequestListener = (request, response) => {
    const [pathname] = request.url?.split('?') ?? [];
    const { host, origin } = request.headers;
    if (!isOwnHost(hostOf(host), certificate)) return answer(response, 403, `Host: must be ${namesOf(certificate)}`);
    if (origin !== undefined && !isOwnOrigin(origin, host)) {
      return answer(response, 403, 'Origin: must be this server, or no web page');
    }
    if (pathname === '/graphql') return graphql(request, response);
    if (pathname === '/healthz') return void answerHealth(response, healthy);
    if (pathname === '/metrics') return void answerMetrics(request, response, options);
    return answer(response, 404, 'There is /graphql, /metrics and /healthz');
  };
  const limits = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS };
  const server = certificate
    ? createTlsServer({ ...limits, cert: certificate.cert, key: certificate.key }, listener)
    : createServer(limits, listener);
  server.timeout = stalledMs;
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listen(server, address);
  return { address: { host: address.host, port }, stop: () => stop(server) };
}

function hostOf(header = ''): string {
  return header
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

function isOwnHost(host: string, certificate: HttpCertificate | undefined): boolean {
  if (isLoopback(host)) return true;
  const names = certificate?.certificate;
  return names !== undefined && (isIP(host) ? names.checkIP(host) : names.checkHost(host)) !== undefined;
}

function namesOf(certificate: HttpCertificate | undefined): string {
  return `a loopback name or address${certificate ? ', or one of the certificate' : ''}`;
}

/** Browsers send the origin with every POST. */
function isOwnOrigin(origin: string, host = ''): boolean {
  return URL.parse(origin)?.host === host.toLowerCase();
}

async function answerHealth(response: ServerResponse, healthy: () => Promise<boolean>): Promise<void> {
  if (await healthy()) answer(response, 200, 'ok');
  else answer(response, 503, 'the store does not answer');
}

async function answerMetrics(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { authenticate, metrics }: HttpServerOptions,
): Promise<void> {
  try {
    const outcome = await authenticate(headers.authorization ?? null);
    if ('problem' in outcome) {
      response.setHeader('www-authenticate', 'Bearer realm="connscan"');
      return answer(response, 401, outcome.problem);
    }
    const text = await metrics();
    response.writeHead(200, { 'content-type': METRICS_TYPE }).end(text);
  } catch {
    // Only the store can fail here, and Prometheus needs no more than to know it.
    answer(response, 503, 'the store does not answer');
  }
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

async function listen(server: Server, address: SocketAddress): Promise<number> {
  try {
    server.listen({ host: address.host, port: address.port });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (cause) {
    const message = `http ${formatSocketAddress(address)}: ${(cause as Error).message}`;
    throw new ConnscanError('ADDRESS_UNUSABLE', message, { cause });
  }
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const impatient = setTimeout(() => server.closeAllConnections(), FAREWELL_MS);
  await closed;
  clearTimeout(impatient);
}
