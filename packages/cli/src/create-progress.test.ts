import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { createProgress } from './create-progress.ts';

function run(terminal: boolean): string {
  const stream = Object.assign(new PassThrough(), { isTTY: terminal, columns: 80, cursorTo() {}, clearLine() {} });
  const written: string[] = [];
  stream.on('data', (chunk) => written.push(String(chunk)));
  const progress = createProgress('replayed', stream as unknown as NodeJS.WriteStream);
  progress.update(1, 4);
  progress.update(4, 8);
  progress.stop();
  progress.stop();
  return written.join('');
}

test('a terminal shows what is done of the whole, which may grow', () => {
  const shown = run(true);
  assert.match(shown, /replayed .* 25 % \| 1\/4 \|/);
});

test('where standard error is no terminal nothing is written', () => {
  assert.equal(run(false), '');
});
