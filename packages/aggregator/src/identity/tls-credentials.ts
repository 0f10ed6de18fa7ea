import type { CertifiedKey, Logger } from '@connscan/program';
import { ServerCredentials } from '@grpc/grpc-js';
import type { Authority } from './authority.ts';

/** The aggregator's own certificate lives so long, in milliseconds, or until it stops; it is replaced at two thirds. */
const CERTIFICATE_MS = 90 * 86_400_000;

/** How often it is looked at, in milliseconds. */
const LOOK_MS = 3_600_000;

export type TlsCredentials = {
  readonly credentials: ServerCredentials;
  /** Replaces the certificate if it is due; connections that are open stay as they are. */
  renew(): Promise<void>;
  stop(): void;
};

export type TlsCredentialsOptions = {
  readonly authority: Authority;
  readonly nowMs: () => number;
  readonly log: Pick<Logger, 'error'>;
};

/**
 * TLS 1.3 that asks each client for a certificate and goes on without one: Enroll needs none, and each other call looks
 * for itself whose certificate it is. The key is kept in memory alone.
 */
export async function createTlsCredentials({ authority, nowMs, log }: TlsCredentialsOptions): Promise<TlsCredentials> {
  const issue = () => authority.issueAggregator(new Date(nowMs() + CERTIFICATE_MS));
  const credentials = new RenewableCredentials(await issue());
  let issuedMs = nowMs();

  async function renew(): Promise<void> {
    if (nowMs() - issuedMs < (CERTIFICATE_MS * 2) / 3) return;
    credentials.replace(await issue());
    issuedMs = nowMs();
  }

  const timer = setInterval(() => {
    renew().catch((error) => log.error({ err: error }, "the aggregator's certificate could not be renewed"));
  }, LOOK_MS).unref();
  return { credentials, renew, stop: () => clearInterval(timer) };
}

class RenewableCredentials extends ServerCredentials {
  constructor(own: CertifiedKey) {
    super({ requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' }, contextOf(own));
  }

  replace(own: CertifiedKey): void {
    this.updateSecureContextOptions(contextOf(own));
  }

  _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

/** The authority is sent along, so that who enrolls can compare it with the fingerprint in the token. */
function contextOf({ key, certificate, authorities }: CertifiedKey) {
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    cert: [certificate, ...authorities].join(''),
    ca: authorities.join(''),
  };
}
