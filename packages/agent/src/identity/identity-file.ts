import { join } from 'node:path';
import { ConnscanError } from '@connscan/model';
import { type CertifiedKey, readCertifiedKey } from '@connscan/program';
import { agentIdOf } from '@connscan/wire';

/** What an enrolled agent is known by. */
export type KeptIdentity = CertifiedKey & {
  readonly agentId: string;
  /** The PKCS#10 request, DER, that its certificates answer. */
  readonly request: Uint8Array;
};

/** Where an agent keeps it in its data directory. */
export function identityFile(data: string): string {
  return join(data, 'identity', 'agent.pem');
}

/** The identity in a data directory; undefined if its agent has not enrolled. Throws IDENTITY_UNUSABLE. */
export async function readIdentity(data: string): Promise<KeptIdentity | undefined> {
  const file = identityFile(data);
  const kept = await readCertifiedKey(file);
  return kept && toIdentity(kept, file);
}

/** The identity that a key has by its certificate. Throws IDENTITY_UNUSABLE, naming where it is from. */
export function toIdentity(certifiedKey: CertifiedKey, from: string): KeptIdentity {
  const { certificate, authorities, request } = certifiedKey;
  const agentId = agentIdOf(certificate.subjectAltName);
  if (agentId === undefined || !request || !authorities.some(({ publicKey }) => certificate.verify(publicKey))) {
    throw new ConnscanError(
      'IDENTITY_UNUSABLE',
      `${from}: must hold the certificate of an agent, who signed it and the request for it`,
    );
  }
  return { ...certifiedKey, agentId, request };
}
