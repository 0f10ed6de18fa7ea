import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLineSplitter } from './split-lines.ts';

/** The lines of a text that comes in chunks of this size; `!` is one that is too long. */
function split(text: string, chunkBytes: number, maxBytes = 8): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter(
    maxBytes,
    (bytes, from, to) => lines.push(Buffer.from(bytes.subarray(from, to)).toString()),
    () => lines.push('!'),
  );
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkBytes) splitter.write(bytes.subarray(at, at + chunkBytes));
  splitter.end();
  return lines;
}

test('lines are the same however they are cut into chunks', () => {
  const cases: readonly (readonly [text: string, lines: readonly string[]])[] = [
    ['', []],
    ['one\ntwo\n', ['one', 'two']],
    ['one\r\ntwo\r\n', ['one', 'two']],
    ['one\n\n\r\nlast', ['one', '', '', 'last']],
    ['12345678\n123456789\n1\n', ['12345678', '!', '1']],
    ['1\n123456789012345678901234567890', ['1', '!']],
    ['é\u0000\n', ['é\u0000']],
    ['\n', ['']],
    ['a\rb\n', ['a\rb']],
  ];
  for (const [text, lines] of cases) {
    for (let bytes = 1; bytes <= 32; bytes++) {
      assert.deepEqual(split(text, bytes), lines, `${JSON.stringify(text)} in chunks of ${bytes}`);
    }
  }
});
