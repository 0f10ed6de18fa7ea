import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { ConnscanError } from '@connscan/model';

/** Files of the certificate, with those that signed it behind it, and of its private key, in PEM. */
export type CertificateFiles = { readonly cert: string; readonly key: string };

/** What the HTTP port proves itself by. */
export type HttpCertificate = {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly certificate: X509Certificate;
};

/** Throws IDENTITY_UNUSABLE with the file and the problem: missing, damaged, of different keys, or a key that others may read. */
export async function readHttpCertificate(files: CertificateFiles): Promise<HttpCertificate> {
  const [cert, key] = await Promise.all([read(files.cert), readKey(files.key)]);
  try {
    const certificate = new X509Certificate(cert);
    if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error(`is not of the key in ${files.key}`);
    return { cert, key, certificate };
  } catch (cause) {
    throw unusable(files.cert, cause as Error);
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw unusable(file, cause as Error);
  }
}

async function readKey(file: string): Promise<Buffer> {
  const key = await read(file);
  const { mode } = await stat(file);
  // A group may have it: so do the tools that renew certificates give it to a service.
  if (mode & 0o007) throw unusable(file, new Error('must not be open to everybody: chmod o='));
  return key;
}

function unusable(file: string, cause: Error): ConnscanError {
  return new ConnscanError('IDENTITY_UNUSABLE', `${file}: ${cause.message}`, { cause });
}
