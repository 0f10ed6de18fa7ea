import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFutureTime } from './read-future-time.ts';

const NOW_MS = Date.parse('2026-01-31T12:00:00Z');

function read(text: string) {
  const problems: string[] = [];
  return { time: readFutureTime('expires', text, NOW_MS, problems), problems };
}

test('a time to come is as it is written, or so long from now', () => {
  assert.equal(read('30d').time, '2026-03-02T12:00:00.000Z');
  assert.equal(read('90m').time, '2026-01-31T13:30:00.000Z');
  assert.equal(read('2026-02-01').time, '2026-02-01T00:00:00.000Z');
  assert.equal(read('2026-02-01T00:00:00+01:00').time, '2026-01-31T23:00:00.000Z');
});

test('what is no time, now, or over, is a problem that says what would be right', () => {
  for (const text of ['soon', '0d', '2026-01-31T12:00:00Z', '2026-01-30', '7w', '-1d']) {
    assert.deepEqual(read(text).problems, [
      '--expires: must be a time to come such as 2099-01-31T12:00:00Z, or one from now such as 12h or 30d',
    ]);
  }
});
