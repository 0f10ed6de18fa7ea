import { createHash, KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { ConnscanError } from '@connscan/model';
import { type CertifiedKey, type Logger, readCertifiedKey, writeCertifiedKey } from '@connscan/program';
import { AGGREGATOR_NAME, agentUri } from '@connscan/wire';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificateModel,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  type PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from './x509.ts';

/** Signs the certificates of this aggregator and of its agents. */
export type Authority = {
  readonly certificate: X509Certificate;
  /** SHA-256 of its certificate, as tokens carry it. */
  readonly fingerprint: Uint8Array;
  /** A certificate by which an agent is a client, until `expires`. */
  issueAgent(agentId: string, publicKey: PublicKey | CryptoKey, expires: Date): Promise<X509Certificate>;
  /** A new key with a certificate by which an aggregator is a server, until `expires`. */
  issueAggregator(expires: Date): Promise<CertifiedKey>;
};

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

const DAY_MS = 86_400_000;

/** There is no way to another authority but to enroll every agent again. */
const AUTHORITY_DAYS = 20 * 365;

/** Certificates hold from so long ago, in milliseconds, as clocks of hosts differ. */
const BACKDATED_MS = DAY_MS;

export type AuthorityOptions = {
  /** The aggregator's data directory. */
  readonly data: string;
  readonly nowMs: () => number;
  readonly log: Pick<Logger, 'info'>;
};

/** The authority of a data directory, made at the first start. Throws IDENTITY_UNUSABLE if its file is damaged. */
export async function openAuthority({ data, nowMs, log }: AuthorityOptions): Promise<Authority> {
  const file = join(data, 'identity', 'authority.pem');
  const kept = await readCertifiedKey(file);
  if (kept) {
    if (!kept.certificate.ca || !kept.certificate.verify(kept.certificate.publicKey)) {
      throw new ConnscanError('IDENTITY_UNUSABLE', `${file}: must hold an authority, which signed itself`);
    }
    return createAuthority(kept, nowMs);
  }
  const made = await makeAuthority(nowMs());
  await writeCertifiedKey(file, made);
  log.info({ file, sha256: made.certificate.fingerprint256 }, 'an authority is made: keep its file safe, and a copy');
  return createAuthority(made, nowMs);
}

async function makeAuthority(nowMs: number): Promise<CertifiedKey> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const model = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=connscan authority',
    keys,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: KeyObject.from(keys.privateKey), certificate: toCertificate(model), authorities: [] };
}

function createAuthority({ key, certificate }: CertifiedKey, nowMs: () => number): Authority {
  const signingKey = key.toCryptoKey(ALGORITHM, false, ['sign']) as CryptoKey;
  const issuer = new CertificateModel(certificate.raw);

  async function issue(
    name: { subject: string; type: 'dns' | 'url'; value: string; usage: ExtendedKeyUsage },
    publicKey: PublicKey | CryptoKey,
    expires: Date,
  ): Promise<X509Certificate> {
    const model = await X509CertificateGenerator.create({
      subject: `CN=${name.subject}`,
      issuer: issuer.subject,
      publicKey,
      signingKey,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(Math.min(nowMs(), expires.getTime()) - BACKDATED_MS),
      notAfter: expires,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        // Or an agent could pass for an aggregator.
        new ExtendedKeyUsageExtension([name.usage], true),
        new SubjectAlternativeNameExtension([name]),
        await AuthorityKeyIdentifierExtension.create(issuer),
      ],
    });
    return toCertificate(model);
  }

  return {
    certificate,
    fingerprint: createHash('sha256').update(certificate.raw).digest(),
    issueAgent(agentId, publicKey, expires) {
      const { clientAuth } = ExtendedKeyUsage;
      return issue({ subject: agentId, type: 'url', value: agentUri(agentId), usage: clientAuth }, publicKey, expires);
    },
    async issueAggregator(expires) {
      const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      const usage = ExtendedKeyUsage.serverAuth;
      const name = { subject: 'connscan aggregator', type: 'dns', value: AGGREGATOR_NAME, usage } as const;
      const issued = await issue(name, keys.publicKey, expires);
      return { key: KeyObject.from(keys.privateKey), certificate: issued, authorities: [certificate] };
    },
  };
}

function toCertificate(model: CertificateModel): X509Certificate {
  return new X509Certificate(Buffer.from(model.rawData));
}
