import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys } from '../../test/certificates.ts';
import { readRequest } from './read-request.ts';

async function problemOf(der: Uint8Array): Promise<string | undefined> {
  const read = await readRequest(der);
  return 'problem' in read ? read.problem : undefined;
}

test('a request of a key on P-256 gives that key', async () => {
  const { request } = await createKeys();
  assert.equal(await problemOf(request), undefined);
});

test('keys of other kinds are refused by their name', async () => {
  const rsa = { name: 'RSASSA-PKCS1-v1_5', publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };
  const p384 = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
  for (const [algorithm, name] of [
    [{ ...rsa, modulusLength: 512 }, 'rsa'],
    [{ ...rsa, modulusLength: 2048 }, 'rsa'],
    [p384, 'secp384r1'],
  ] as const) {
    const { request } = await createKeys(algorithm);
    assert.equal(await problemOf(request), `request: must have a key on P-256, has one of ${name}`);
  }
});

test('a request that its own key has not signed is refused', async () => {
  const { request } = await createKeys();
  const other = await createKeys();
  // The key stands in the 91 bytes that both have in the same place.
  const at = other.request.indexOf(Buffer.from('3059301306072a8648ce3d0201', 'hex'));
  request.set(other.request.subarray(at, at + 91), at);
  assert.equal(await problemOf(request), 'request: must be signed by its own key');
});

test('what is no request, or too long for one, is refused', async () => {
  const garbage = [
    Uint8Array.of(),
    Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff),
    new Uint8Array(4096).fill(0x30),
    new Uint8Array(4096).fill(0xff),
  ];
  for (const der of garbage) assert.match((await problemOf(der)) ?? '', /^request: must be PKCS#10 in DER: /);
  assert.equal(await problemOf(new Uint8Array(4097)), 'request: must have at most 4096 bytes, has 4097');
});

test('a request with any one byte changed is a problem or a key, and never an error', async () => {
  const { request } = await createKeys();
  for (const at of request.keys()) {
    const damaged = Buffer.from(request);
    damaged[at]! ^= 0xff;
    await readRequest(damaged);
  }
});
