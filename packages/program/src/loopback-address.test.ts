import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSocketAddress, parseLoopbackAddress } from './loopback-address.ts';

test('loopback addresses of every form are read, and written back as they were', () => {
  for (const [text, host, port] of [
    ['127.0.0.1:8470', '127.0.0.1', 8470],
    ['127.9.9.9:0', '127.9.9.9', 0],
    ['[::1]:65535', '::1', 65535],
    ['localhost:80', 'localhost', 80],
  ] as const) {
    assert.deepEqual(parseLoopbackAddress(text, '--http'), { host, port });
    assert.equal(formatSocketAddress({ host, port }), text);
  }
});

test('an address that others can reach is refused', () => {
  for (const text of ['0.0.0.0:80', '10.0.0.1:80', '[::]:80', 'example.org:80', '127.0.0.1.example.org:80']) {
    assert.deepEqual(parseLoopbackAddress(text, '--http'), {
      problem: `--http: must be a loopback address such as 127.0.0.1:80, is "${text}"`,
    });
  }
});

test('text that is no HOST:PORT is refused', () => {
  for (const text of [
    '',
    '127.0.0.1',
    ':80',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '::1:80',
    '127.0.0.1:8x',
    '[127.0.0.1]:80',
    '[::1:80',
    '::1]:80',
  ]) {
    assert.deepEqual(parseLoopbackAddress(text, '--grpc'), {
      problem: `--grpc: must be HOST:PORT such as 127.0.0.1:8470, is ${JSON.stringify(text)}`,
    });
  }
});
