import type { X509Certificate } from 'node:crypto';
import type { CertifiedKey } from '@connscan/program';
import { AGGREGATOR_NAME } from '@connscan/wire';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';

/** Wherever an aggregator is reached, its certificate has this name. */
export const AGGREGATOR_OPTIONS = { 'grpc.ssl_target_name_override': AGGREGATOR_NAME } as const;

/** Credentials of a client that trusts these authorities alone and, if it has one, shows its own certificate. */
export function clientCredentials(authorities: readonly X509Certificate[], own?: CertifiedKey): ChannelCredentials {
  const roots = Buffer.from(authorities.join(''));
  if (!own) return credentials.createSsl(roots);
  const key = Buffer.from(own.key.export({ type: 'pkcs8', format: 'pem' }));
  return credentials.createSsl(roots, key, Buffer.from(own.certificate.toString()));
}
