import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readCertifiedKey, writeCertifiedKey } from './certified-key.ts';

/** A key on P-256 that signed itself, for these tests only. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6W05nT/hM/ZIoqax
CLwfYBmWiciXS3H5g70gXafCAK6hRANCAAQ5/KYW1sW/2Aond9JbsFHJP/SYDeCz
qNb+7pN2SC+2+9lUQaAGeLeGmgb+zvqKPF+o/u4GJHtLl537bEuOlTl4
-----END PRIVATE KEY-----
`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUItU1zi5Xi/vulO+yfLqgvGaCOCowCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjQxMjA4NDBaGA8yMTI2MTAzMTEyMDg0
MFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDn8
phbWxb/YCid30luwUck/9JgN4LOo1v7uk3ZIL7b72VRBoAZ4t4aaBv7O+oo8X6j+
7gYke0uXnftsS46VOXijUzBRMB0GA1UdDgQWBBSttG4/bZLTBDwX/ojWMxlZVClM
tTAfBgNVHSMEGDAWgBSttG4/bZLTBDwX/ojWMxlZVClMtTAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIBRTxdptyIGMR4vMmPTNTpW7Cw6hXNTJi4v2
wBdnNLkhAiEA741woeGwdSAyacAuFneN10yZJFKfupzREnrNpSEvKN4=
-----END CERTIFICATE-----
`;
const OTHER_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnV/q5ZDXomdK+tDs
gqQ5hFBYe0+w4K36Iy2vzWsLULahRANCAATihzD7AgTKB3uxn1y7xDQ/XEqdW+8n
g4Eg6iWBbnWiPGu4fXlEGq4Toj0TKCyUvcTiyaBFYgG8GYxT1jFCbzse
-----END PRIVATE KEY-----
`;

const certifiedKey = {
  key: createPrivateKey(KEY),
  certificate: new X509Certificate(CERTIFICATE),
  authorities: [new X509Certificate(CERTIFICATE)],
  request: Buffer.alloc(200, 7),
};

let parent: string;
before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'connscan-'));
});
after(() => rm(parent, { recursive: true }));

async function written(name: string): Promise<string> {
  const file = join(parent, name, 'agent.pem');
  await writeCertifiedKey(file, certifiedKey);
  return file;
}

test('a key is read as it was written, in a directory and a file for their owner alone', async () => {
  const file = await written('whole');
  const read = (await readCertifiedKey(file))!;
  assert.ok(read.key.equals(certifiedKey.key));
  assert.deepEqual([read.certificate, ...read.authorities].map(String), [CERTIFICATE, CERTIFICATE]);
  assert.deepEqual(read.request, certifiedKey.request);
  assert.equal((await stat(join(file, '..'))).mode & 0o777, 0o700);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('a file that is replaced, also after a crash in the middle of it, is whole', async () => {
  const file = await written('replaced');
  await writeFile(`${file}.new`, 'half');
  const { key, certificate } = certifiedKey;
  await writeCertifiedKey(file, { key, certificate, authorities: [] });
  const read = (await readCertifiedKey(file))!;
  assert.deepEqual([read.authorities, read.request], [[], undefined]);
});

test('no file, or no directory, is no key', async () => {
  assert.equal(await readCertifiedKey(join(parent, 'nowhere', 'agent.pem')), undefined);
  assert.equal(await readCertifiedKey(join(parent, 'agent.pem')), undefined);
});

test('a damaged file, one of two keys, one without certificates or without a key is told with its name', async () => {
  const file = await written('damaged');
  for (const [content, problem] of [
    ['', /must hold a private key/],
    [KEY, /its first certificate is not of its key/],
    [CERTIFICATE, /must hold a private key/],
    [OTHER_KEY + CERTIFICATE, /its first certificate is not of its key/],
    [KEY + CERTIFICATE.replace('MII', 'MIJ'), /must hold a private key/],
    ['x'.repeat(70_000), /must have at most 65536 bytes/],
  ] as const) {
    await writeFile(file, content);
    await assert.rejects(readCertifiedKey(file), ({ code, message }: { code: string; message: string }) => {
      assert.equal(code, 'IDENTITY_UNUSABLE');
      assert.ok(message.startsWith(`${file}: `), message);
      assert.match(message, problem);
      return true;
    });
  }
});

test('a file that others may read, a link, a directory and a directory that others may write are refused', async () => {
  const file = await written('open');
  const refused = (message: RegExp) => assert.rejects(readCertifiedKey(file), { code: 'IDENTITY_UNUSABLE', message });
  await chmod(file, 0o640);
  await refused(/agent\.pem: must be for its owner alone: chmod 600/);
  await chmod(file, 0o600);
  await chmod(join(file, '..'), 0o770);
  await refused(/its directory must be writable by its owner alone: chmod 700/);
  await assert.rejects(writeCertifiedKey(file, certifiedKey), { code: 'IDENTITY_UNUSABLE' });
  await chmod(join(file, '..'), 0o700);
  await rename(file, `${file}.old`);
  await symlink(`${file}.old`, file);
  await refused(/ELOOP/);
  await rm(file);
  await mkdir(file);
  await refused(/must be a file/);
  await symlink(join(file, '..'), join(parent, 'link'));
  await assert.rejects(readCertifiedKey(join(parent, 'link', 'agent.pem')), { code: 'IDENTITY_UNUSABLE' });
});
