import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatResults } from './format-results.ts';

test('the table has the machine, and each result with the least and the greatest of its runs', () => {
  const machine = { cpu: 'Z80', cores: 1, kernel: '6.1', node: 'v24' };
  const results = [
    { name: 'a.long.name', value: 2, unit: 'ns', runs: [3, 2, 1] },
    { name: 'b', value: 1000, unit: 'records/s', runs: [1000] },
  ];
  assert.equal(
    formatResults(machine, results),
    `Z80, 1 cores, Linux 6.1, Node v24
name         median  unit       least  greatest  runs
a.long.name  2       ns         1      3         3
b            1000    records/s  1000   1000      1
`,
  );
});
