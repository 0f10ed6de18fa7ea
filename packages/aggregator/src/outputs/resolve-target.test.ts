import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Lookup, resolveTarget } from './resolve-target.ts';

const lookupOf =
  (...addresses: string[]): Lookup =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const resolve = (host: string, lookup: Lookup = lookupOf()) => resolveTarget(host, { allowPrivate: false, lookup });

test('an address that is not public is refused, however it is written', async () => {
  for (const host of [
    ...['127.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '0.0.0.0', '100.64.0.1'],
    ...['224.0.0.1', '255.255.255.255', '198.18.0.1', '[::1]', '[::]', '[fe80::1]', '[fd00::1]', '[ff02::1]'],
    ...['[::ffff:127.0.0.1]', '[::ffff:a9fe:a9fe]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]'],
  ]) {
    await assert.rejects(resolve(host), /is no public address; outputs inside need allowPrivate/, host);
  }
});

test('a URL brings other spellings of an address into this one', () => {
  for (const spelling of ['http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://127.1/']) {
    assert.equal(new URL(spelling).hostname, '127.0.0.1');
  }
});

test('a name is refused if any of its addresses is not public, and the message says which', async () => {
  await assert.rejects(resolve('inside.example', lookupOf('93.184.215.14', '10.0.0.1')), {
    message: 'inside.example (10.0.0.1): is no public address; outputs inside need allowPrivate',
  });
  await assert.rejects(resolveTarget('localhost', { allowPrivate: false }), /^Error: localhost \(.*\): is no public/);
});

test('a public one is the address to connect to, so that the name is not asked for again', async () => {
  assert.deepEqual(await resolve('example.org', lookupOf('93.184.215.14', '2606:2800:21f::1')), {
    address: '93.184.215.14',
    family: 4,
  });
  assert.deepEqual(await resolve('[2606:2800:21f::1]'), { address: '2606:2800:21f::1', family: 6 });
});

test('what is allowed inside may be anywhere', async () => {
  assert.deepEqual(await resolveTarget('10.0.0.1', { allowPrivate: true }), { address: '10.0.0.1', family: 4 });
});

test('a name without an address is told', async () => {
  await assert.rejects(resolve('nothing.example'), { message: 'nothing.example: has no address' });
});
