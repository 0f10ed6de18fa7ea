// What @peculiar/x509 is built on asks for this polyfill, and throws without it.
import 'reflect-metadata';
import { KeyObject } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new key on P-256, and the PKCS#10 request, DER, for a certificate of it. */
export type KeyRequest = { readonly key: KeyObject; readonly request: Uint8Array };

export async function createRequest(): Promise<KeyRequest> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const { rawData } = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: ALGORITHM });
  return { key: KeyObject.from(keys.privateKey), request: new Uint8Array(rawData) };
}
