import { X509Certificate } from 'node:crypto';
import { ConnscanError } from '@connscan/model';
import type { CertifiedKey } from '@connscan/program';
import { createEnrollmentClient, type IssuedCertificate } from '@connscan/wire';
import { type ServiceError, status } from '@grpc/grpc-js';
import { AGGREGATOR_OPTIONS, clientCredentials } from './connect-aggregator.ts';
import type { KeyRequest } from './create-request.ts';
import { type KeptIdentity, toIdentity } from './identity-file.ts';

/** How long an aggregator may take to answer, in milliseconds. */
const WITHIN_MS = 30_000;

export type CertificateRequest = KeyRequest & {
  /** HOST:PORT. */
  readonly aggregator: string;
  /** Who may have signed the aggregator's certificate. */
  readonly authorities: readonly X509Certificate[];
} & (
    | { readonly token: string; readonly hostname: string }
    /** The identity that gets another certificate. */
    | { readonly own: CertifiedKey }
  );

/**
 * Asks for a certificate, by a token or by the certificate that it replaces. Throws AGGREGATOR_UNREACHABLE, or
 * ENROLLMENT_REFUSED with the aggregator's reason.
 */
export async function requestCertificate(options: CertificateRequest): Promise<KeptIdentity> {
  const { key, request } = options;
  const { certificate, authorities } = await ask(options);
  const issued = {
    key,
    request,
    certificate: new X509Certificate(certificate),
    authorities: authorities.map((raw) => new X509Certificate(raw)),
  };
  if (!issued.certificate.checkPrivateKey(key)) {
    throw new ConnscanError(
      'ENROLLMENT_REFUSED',
      `${options.aggregator}: answered with the certificate of another key`,
    );
  }
  return toIdentity(issued, options.aggregator);
}

function ask(options: CertificateRequest): Promise<IssuedCertificate> {
  const { aggregator, authorities, request } = options;
  const own = 'own' in options ? options.own : undefined;
  const client = createEnrollmentClient(aggregator, clientCredentials(authorities, own), AGGREGATOR_OPTIONS);
  const until = { deadline: new Date(Date.now() + WITHIN_MS) };
  return new Promise<IssuedCertificate>((resolve, reject) => {
    const answer = (error: ServiceError | null, issued: IssuedCertificate) =>
      error ? reject(refusal(aggregator, error)) : resolve(issued);
    if ('own' in options) client.renew({ request }, until, answer);
    else client.enroll({ token: options.token, request, hostname: options.hostname }, until, answer);
  }).finally(() => client.close());
}

function refusal(address: string, error: ServiceError): ConnscanError {
  const unreachable = error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED;
  const code = unreachable ? 'AGGREGATOR_UNREACHABLE' : 'ENROLLMENT_REFUSED';
  return new ConnscanError(code, `${address}: ${error.details}`, { cause: error });
}
