import { KeyObject, type X509Certificate } from 'node:crypto';
import '../src/identity/x509.ts';
import { AGGREGATOR_NAME, createEnrollmentClient, type IssuedCertificate } from '@connscan/wire';
import { type ChannelCredentials, credentials, type ServiceError } from '@grpc/grpc-js';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

export const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export type Keys = Awaited<ReturnType<typeof createKeys>>;

type Algorithm = (EcKeyGenParams | RsaHashedKeyGenParams) & { readonly hash: string };

/** A key pair and the request, DER, for a certificate of it. */
export async function createKeys(algorithm: Algorithm = P256) {
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const { rawData } = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: algorithm });
  const key = KeyObject.from(keys.privateKey as never);
  return { publicKey: keys.publicKey, key, request: Buffer.from(rawData) };
}

/** A client that trusts an authority and shows a certificate, if it has one. */
export function channelOf(authority: X509Certificate, own?: { key: KeyObject; certificate: X509Certificate }) {
  const root = Buffer.from(`${authority}`);
  if (!own) return credentials.createSsl(root);
  const key = Buffer.from(own.key.export({ type: 'pkcs8', format: 'pem' }));
  return credentials.createSsl(root, key, Buffer.from(`${own.certificate}`));
}

type Request = { readonly token: string; readonly request: Uint8Array; readonly hostname?: string };

/** One call of Enroll, or of Renew if there is no token; rejects with the status. */
export function callEnrollment(
  address: string,
  channel: ChannelCredentials,
  { token, request, hostname = 'host' }: Omit<Request, 'token'> & Partial<Request>,
): Promise<IssuedCertificate> {
  const client = createEnrollmentClient(address, channel, {
    'grpc.ssl_target_name_override': AGGREGATOR_NAME,
    'grpc.max_send_message_length': -1,
  });
  const until = { deadline: new Date(Date.now() + 30_000) };
  return new Promise<IssuedCertificate>((resolve, reject) => {
    const answer = (error: ServiceError | null, issued: IssuedCertificate) => (error ? reject(error) : resolve(issued));
    if (token === undefined) client.renew({ request }, until, answer);
    else client.enroll({ token, request, hostname }, until, answer);
  }).finally(() => client.close());
}
