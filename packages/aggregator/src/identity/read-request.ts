import { createPublicKey } from 'node:crypto';
import { Pkcs10CertificateRequest, type PublicKey } from './x509.ts';

/** One with a key on P-256 takes 205 bytes. */
const MAX_BYTES = 4096;

/**
 * The public key of a PKCS#10 request whose sender has shown to hold the private one; else what is wrong with it. Only
 * keys on P-256 are taken, and nothing else that the request says is looked at.
 */
export async function readRequest(der: Uint8Array): Promise<PublicKey | { readonly problem: string }> {
  if (der.length > MAX_BYTES) return { problem: `request: must have at most ${MAX_BYTES} bytes, has ${der.length}` };
  try {
    const request = new Pkcs10CertificateRequest(Uint8Array.from(der));
    const spki = Buffer.from(request.publicKey.rawData);
    // OpenSSL also refuses a point that is not on the curve.
    const { asymmetricKeyType: type, asymmetricKeyDetails } = createPublicKey({
      key: spki,
      format: 'der',
      type: 'spki',
    });
    const kind = asymmetricKeyDetails?.namedCurve ?? type;
    if (kind !== 'prime256v1') return { problem: `request: must have a key on P-256, has one of ${kind}` };
    if (!(await request.verify())) return { problem: 'request: must be signed by its own key' };
    return request.publicKey;
  } catch (error) {
    return { problem: `request: must be PKCS#10 in DER: ${(error as Error).message}` };
  }
}
