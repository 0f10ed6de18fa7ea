import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from './format-table.ts';

test('columns line up without borders or colours', () => {
  assert.equal(
    formatTable(
      ['HOST', 'LOST'],
      [
        ['a', 1],
        ['longer', 22],
      ],
    ),
    'HOST    LOST\na       1\nlonger  22\n',
  );
});

test('text of others cannot speak to the terminal', () => {
  assert.equal(formatTable(['HOST'], [['a\u001b[2Jb\nc\u009bd']]), 'HOST\na?[2Jb?c?d\n');
});
