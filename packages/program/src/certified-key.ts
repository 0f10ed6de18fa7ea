import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { constants, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConnscanError } from '@connscan/model';

/** A private key, the certificate of its public half, and the authorities that signed it; none if it signed itself. */
export type CertifiedKey = {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
  readonly authorities: readonly X509Certificate[];
  /** The PKCS#10 request, DER, by which the certificate is renewed, where another one signs it. */
  readonly request?: Uint8Array;
};

/** A key and two certificates take 1 KB. */
const MAX_BYTES = 65_536;

const REQUEST = 'CERTIFICATE REQUEST';
const PEM_BLOCK = /-----BEGIN ([A-Z ]+)-----([\s\S]*?)-----END \1-----/g;

/**
 * Reads a key and its certificates from a PEM file that its owner alone may read; undefined if there is none. Throws
 * IDENTITY_UNUSABLE with the file and the problem: open to others, a symbolic link, damaged, or of different keys.
 */
export async function readCertifiedKey(file: string): Promise<CertifiedKey | undefined> {
  const text = await readPrivate(file);
  if (text === undefined) return undefined;
  try {
    const blocks = [...text.matchAll(PEM_BLOCK)];
    const key = createPrivateKey(blocks.find(([, label]) => label === 'PRIVATE KEY')?.[0] ?? '');
    const certificates = blocks.filter(([, label]) => label === 'CERTIFICATE').map(([pem]) => new X509Certificate(pem));
    const [certificate, ...authorities] = certificates;
    if (!certificate?.checkPrivateKey(key)) throw new Error('its first certificate is not of its key');
    const [, , request] = blocks.find(([, label]) => label === REQUEST) ?? [];
    return { key, certificate, authorities, ...(request && { request: Buffer.from(request, 'base64') }) };
  } catch (cause) {
    throw unusable(file, `must hold a private key and its certificates in PEM: ${(cause as Error).message}`, cause);
  }
}

/**
 * Puts a key and its certificates in the place of a file, making its directory if there is none (mode 0700; the file has
 * 0600). Whenever the host fails, the old or the new one is there, whole. Throws IDENTITY_UNUSABLE.
 */
export async function writeCertifiedKey(file: string, certifiedKey: CertifiedKey): Promise<void> {
  const { key, certificate, authorities, request } = certifiedKey;
  const parts = [key.export({ type: 'pkcs8', format: 'pem' }), certificate, ...authorities];
  if (request) parts.push(encodeRequest(request));
  const temporary = `${file}.new`;
  try {
    await mkdir(dirname(file), { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await using directory = await openDirectory(file);
    // What a crash has left; another process cannot be writing, as the data directory is taken.
    await rm(temporary, { force: true });
    await using output = await open(temporary, 'wx', 0o600);
    await output.writeFile(parts.join(''));
    await output.sync();
    await rename(temporary, file);
    await directory.sync();
  } catch (cause) {
    throw unusable(file, (cause as Error).message, cause);
  }
}

function encodeRequest(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n');
  return `-----BEGIN ${REQUEST}-----\n${lines}-----END ${REQUEST}-----\n`;
}

async function readPrivate(file: string): Promise<string | undefined> {
  try {
    await using _ = await openDirectory(file);
    await using input = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { mode, size } = await input.stat();
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new Error('must be a file');
    if (mode & 0o077) throw new Error('must be for its owner alone: chmod 600');
    if (size > MAX_BYTES) throw new Error(`must have at most ${MAX_BYTES} bytes, has ${size}`);
    return await input.readFile('utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(file, (cause as Error).message, cause);
  }
}

/** The directory of a file; refused if others may replace what is in it. */
async function openDirectory(file: string) {
  const directory = await open(dirname(file), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  const { mode } = await directory.stat();
  if (mode & 0o022) {
    await directory.close();
    throw new Error('its directory must be writable by its owner alone: chmod 700');
  }
  return directory;
}

function unusable(file: string, problem: string, cause: unknown): ConnscanError {
  return new ConnscanError('IDENTITY_UNUSABLE', `${file}: ${problem}`, { cause });
}
