import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Column, formatTable } from './format-table.ts';

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

test('text of others cannot speak to the terminal, nor turn its text round', () => {
  assert.equal(formatTable(['HOST'], [['a\u001b[2Jb\nc\u009bd\u202ee\u2028f']]), 'HOST\na?[2Jb?c?d?e?f\n');
});

test('wide characters take two columns, and combining ones none', () => {
  assert.equal(
    formatTable(
      ['NAME', 'X'],
      [
        ['日本語', 1],
        ['e\u0301', 2],
      ],
    ),
    'NAME    X\n日本語  1\ne\u0301       2\n',
  );
});

const columns: Column[] = [
  { head: 'HOST', narrow: 'cut' },
  { head: 'ID' },
  { head: 'VERSION', narrow: 'drop' },
  { head: 'STATE', colourOf: (text) => (text === 'SILENT' ? 'red' : undefined) },
];
const rows = [
  ['a-host-with-a-long-name', '0011', '0.1.0', 'LIVE'],
  ['日本語日本語日本語', '2233', '0.1.0', 'SILENT'],
];

test('on a narrow screen cells are cut, then columns are left out; an id stays whole', () => {
  assert.equal(
    formatTable(columns, rows, { width: 40, colours: false }),
    `HOST               ID    VERSION  STATE
a-host-with-a-lo…  0011  0.1.0    LIVE
日本語日本語日本…  2233  0.1.0    SILENT
`,
  );
  assert.equal(
    formatTable(columns, rows, { width: 24, colours: false }),
    `HOST        ID    STATE
a-host-wi…  0011  LIVE
日本語日…   2233  SILENT
`,
  );
});

test('colours are about the text of a cell alone', () => {
  const [, plain, coloured] = formatTable(columns, rows, { width: 40, colours: true }).split('\n');
  assert.match(plain!, /0011 {2}0\.1\.0 {4}LIVE$/);
  assert.ok(coloured!.endsWith('0.1.0    \u001b[31mSILENT\u001b[39m'));
});

test('a hundred thousand rows are no trouble', () => {
  const table = formatTable(
    ['N', 'TEXT'],
    Array.from({ length: 100_000 }, (_, row) => [row, `text ${row}`]),
  );
  assert.equal(table.split('\n').length, 100_002);
});
