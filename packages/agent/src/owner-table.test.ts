import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '@connscan/model';
import { LOCAL_ADDRESS_WORD, REMOTE_ADDRESS_WORD } from '@connscan/probe';
import { OWNER_TABLE_BYTES, openOwnerTable } from './owner-table.ts';

function createTable() {
  const table = openOwnerTable(new SharedArrayBuffer(OWNER_TABLE_BYTES));
  const words = new Int32Array(14);
  const bytes = new Uint8Array(words.buffer);
  return {
    note(source: string, process: number, destination: string, port: number, endedMs = 1000): void {
      bytes.set(parseAddress(source)!, LOCAL_ADDRESS_WORD * 4);
      bytes.set(parseAddress(destination)!, REMOTE_ADDRESS_WORD * 4);
      words[12] = port << 16;
      table.note(words, 0, LOCAL_ADDRESS_WORD, process, endedMs);
    },
    find: (source: string) => table.find(parseAddress(source)!),
  };
}

test('the process that touched the most different services is the owner, however often others connect', () => {
  const { note, find } = createTable();
  for (let i = 0; i < 1000; i++) note('10.0.0.1', 7, '10.0.0.9', 80 + (i % 3));
  for (let port = 1; port <= 12; port++) note('10.0.0.1', 8, '10.0.0.9', port);
  assert.equal(find('10.0.0.1'), 8);
});

test('sources are kept apart, and of an unknown one nothing is known', () => {
  const { note, find } = createTable();
  note('10.0.0.1', 7, '10.0.0.9', 80);
  note('fd00::1', 8, 'fd00::9', 80);
  assert.deepEqual(['10.0.0.1', 'fd00::1', '10.0.0.2'].map(find), [7, 8, 0]);
});

test('a process that was quiet for longer than a rollup period is no owner any more', () => {
  const { note, find } = createTable();
  for (let port = 1; port <= 12; port++) note('10.0.0.1', 7, '10.0.0.9', port, 1000);
  note('10.0.0.1', 8, '10.0.0.9', 80, 400_000);
  assert.equal(find('10.0.0.1'), 8);
});

test('a seventh process takes the place of the one with the fewest services', () => {
  const { note, find } = createTable();
  for (let process = 1; process <= 6; process++) {
    for (let port = 1; port <= 10 + process; port++) note('10.0.0.1', process, '10.0.0.9', port);
  }
  for (let port = 1; port <= 60; port++) note('10.0.0.1', 7, '10.0.0.9', port);
  assert.equal(find('10.0.0.1'), 7);
});

test('far more sources than lines leave a table that still answers for the latest', () => {
  const { note, find } = createTable();
  for (let i = 0; i < 100_000; i++) note(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, i + 1, '10.0.0.9', 80);
  assert.equal(find('10.1.134.159'), 100_000);
});
