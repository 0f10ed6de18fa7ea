import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '@connscan/model';
import { parseAddressText } from './parse-address-text.ts';

function parse(text: string): Uint8Array | undefined {
  // Neither at the start of the bytes nor of the words.
  const words = new Int32Array(6).fill(-1);
  const bytes = Buffer.from(`1:${text}:1`);
  const found = parseAddressText(bytes, 2, bytes.length - 2, words, 2);
  return found ? new Uint8Array(words.buffer).slice(8) : undefined;
}

test('addresses are those of the model', () => {
  const texts = [
    ...['0.0.0.0', '10.0.0.1', '192.168.255.254', '255.255.255.255'],
    ...[
      '::',
      '::1',
      '1::',
      'fe80::1',
      'fd00:0:0:1::a:b',
      '2001:db8::8:800:200c:417a',
      '1:2:3:4:5:6:7:8',
      '1:2:3:4:5:6:7::',
    ],
    ...['::2:3:4:5:6:7:8', '1::8', 'a:b::c:d', 'ABCD:EF01::', '::ffff:10.0.0.1', '64:ff9b::192.0.2.33'],
    ...['1:2:3:4:5:6:1.2.3.4', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '0:0:0:0:0:ffff:a00:1', '1:0:0:2::3'],
  ];
  for (const text of texts) assert.deepEqual(parse(text), parseAddress(text), text);
});

test('an IPv4-compatible address is not the IPv4 address in it', () => {
  assert.deepEqual(parse('::10.0.0.1'), parse('::a00:1'));
});

test('what is no address for the model is none', () => {
  const texts = [
    ...[
      '',
      '1',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '1.2.3.',
      '.1.2.3',
      '1..2.3',
      '01.2.3.4',
      '1.2.3.4 ',
      '-1.2.3.4',
      'a.b.c.d',
    ],
    ...[
      ':',
      ':::',
      ':1',
      '1:',
      '1:2',
      '1::2::3',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7:8::',
      '::1:2:3:4:5:6:7:8',
      '12345::',
    ],
    ...['g::', '::1.2.3', '::1.2.3.4:5', '1:2:3:4:5:6:7:1.2.3.4', 'fe80::1%eth0', '1:2:3:4:5:6:7:', '::-', '::1 '],
  ];
  for (const text of texts) {
    assert.equal(parseAddress(text), undefined, `model: ${text}`);
    assert.equal(parse(text), undefined, text);
  }
});

test('random addresses, written in full or shortened at any run of zeros, are read as the model reads them', () => {
  let seed = 1;
  const random = (below: number) => {
    seed = Math.imul(seed, 1_103_515_245) + 12_345;
    return (seed >>> 8) % below;
  };
  for (let i = 0; i < 5000; i++) {
    const groups = Array.from({ length: 8 }, () => (random(3) === 0 ? '0' : random(65_536).toString(16)));
    const from = random(9);
    const to = from + random(9 - from);
    const text = random(2) ? groups.join(':') : `${groups.slice(0, from).join(':')}::${groups.slice(to).join(':')}`;
    assert.deepEqual(parse(text), parseAddress(text), text);
  }
});
