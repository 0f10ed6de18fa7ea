import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRecordingHeader, encodeRecordingHeader } from './recording.ts';

const header = { recordBytes: 56, wallOffsetMs: 1_700_000_000_000.5 };

test('the header of version 1 reads as it always did', () => {
  const golden = Buffer.from('435352454301380000088056febc7842', 'hex');
  assert.deepEqual(Buffer.from(encodeRecordingHeader(header)), golden);
  assert.deepEqual(decodeRecordingHeader(golden), header);
});

test('a file of another kind, cut short, or of another version is refused with what is wrong', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('CSREC'), Buffer.from('{"ts":1}............')]) {
    assert.throws(() => decodeRecordingHeader(bytes), { code: 'BAD_PAYLOAD', message: /must begin with CSREC/ });
  }
  const later = Buffer.from(encodeRecordingHeader(header)).fill(9, 5, 6);
  assert.throws(() => decodeRecordingHeader(later), { message: /version 9 is unknown, this program reads 1/ });
});
