import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RECORD_BYTES, recordLocalPort } from '@connscan/probe';
import { encodeRecordingHeader } from '@connscan/wire/recording';
import { createRecordingReader } from './recording-reader.ts';

const PORT_BYTE = 48;

/** A recording whose records have these local ports. */
function recordingOf(ports: readonly number[]): Buffer {
  const records = ports.map((port) => {
    const record = Buffer.alloc(RECORD_BYTES);
    record.writeUInt16LE(port, PORT_BYTE);
    return record;
  });
  return Buffer.concat([encodeRecordingHeader({ recordBytes: RECORD_BYTES, wallOffsetMs: 7.5 }), ...records]);
}

function read(bytes: Uint8Array, chunkBytes: number): { ports: number[]; whole: boolean } {
  const ports: number[] = [];
  const reader = createRecordingReader((words, at, wallOffsetMs) => {
    assert.equal(wallOffsetMs, 7.5);
    ports.push(recordLocalPort(words, at));
  });
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.write(bytes.subarray(at, at + chunkBytes));
  return { ports, whole: reader.end() };
}

test('the records are the same however the bytes are cut into chunks', () => {
  const ports = Array.from({ length: 5000 }, (_, index) => index);
  const bytes = recordingOf(ports);
  for (const chunkBytes of [1000, 4096, 65_537, bytes.length]) {
    assert.deepEqual(read(bytes, chunkBytes), { ports, whole: true }, `chunks of ${chunkBytes}`);
  }
  assert.deepEqual(read(recordingOf([1, 2, 3]), 1).ports, [1, 2, 3]);
});

test('a last record that is cut short is told', () => {
  assert.deepEqual(read(recordingOf([1, 2]).subarray(0, -1), 50), { ports: [1], whole: false });
  assert.equal(read(recordingOf([]).subarray(0, 10), 50).whole, false);
});

test('a recording of another version, or with records of another size, is refused', () => {
  const later = recordingOf([1]).fill(9, 5, 6);
  assert.throws(() => read(later, 100), { code: 'BAD_PAYLOAD', message: /version 9/ });
  const larger = Buffer.from(encodeRecordingHeader({ recordBytes: 64, wallOffsetMs: 0 }));
  assert.throws(() => read(larger, 100), { code: 'BAD_PAYLOAD', message: /records of 64 bytes, not 56/ });
});
