import { createHash, X509Certificate } from 'node:crypto';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { ConnscanError } from '@connscan/model';
import { formatSocketAddress, type SocketAddress } from '@connscan/program';
import { AGGREGATOR_NAME } from '@connscan/wire';

/** How long an aggregator may take to show its certificates, in milliseconds. */
const WITHIN_MS = 10_000;

/** An aggregator sends its own certificate and its authority. */
const MAX_CHAIN = 4;

/**
 * The authority whose certificate has this SHA-256, as the aggregator at the address shows it. Nothing is told to that
 * aggregator, which is trusted no sooner than it has shown on another connection to be certified by it. Throws
 * AGGREGATOR_UNREACHABLE, or ENROLLMENT_REFUSED if it shows another one.
 */
export async function fetchAuthority(address: SocketAddress, sha256: Uint8Array): Promise<X509Certificate> {
  const where = formatSocketAddress(address);
  const chain = await readChain(address).catch((cause: NodeJS.ErrnoException & { reason?: string }) => {
    const { code = '', message, reason = message } = cause;
    const hint = /^(?:ERR_SSL_\w+|ECONNRESET)$/.test(code) ? '; does it run with --insecure?' : '';
    throw new ConnscanError('AGGREGATOR_UNREACHABLE', `${where}: ${reason}${hint}`, { cause });
  });
  const authority = chain.find((raw) => createHash('sha256').update(raw).digest().equals(sha256));
  if (!authority) throw new ConnscanError('ENROLLMENT_REFUSED', `${where}: is not the aggregator that made this token`);
  return new X509Certificate(authority);
}

function readChain({ host, port }: SocketAddress): Promise<Buffer[]> {
  const options = { host, port, servername: AGGREGATOR_NAME, ALPNProtocols: ['h2'], rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const socket = connect(options, () => {
      resolve(chainOf(socket));
      socket.destroy();
    });
    const impatient = setTimeout(() => socket.destroy(new Error('does not answer')), WITHIN_MS);
    socket.once('error', reject).once('close', () => clearTimeout(impatient));
  });
}

function chainOf(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.raw && chain.length < MAX_CHAIN) {
    chain.push(next.raw);
    next = next.issuerCertificate;
  }
  return chain;
}
