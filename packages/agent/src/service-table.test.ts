import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '@connscan/model';
import { LOCAL_ADDRESS_WORD } from '@connscan/probe';
import { openServiceTable, SERVICE_TABLE_BYTES } from './service-table.ts';

function createTable() {
  const table = openServiceTable(new SharedArrayBuffer(SERVICE_TABLE_BYTES));
  const words = new Int32Array(14);
  return {
    note(address: string, port: number, process: number): void {
      new Uint8Array(words.buffer).set(parseAddress(address)!, LOCAL_ADDRESS_WORD * 4);
      words[12] = port;
      words[11] = process;
      table.note(words, 0);
    },
    find: (address: string, port: number) => table.find(parseAddress(address)!, port),
  };
}

test('the listener of a service is that of its last connection', () => {
  const { note, find } = createTable();
  note('10.0.0.1', 80, 2_000_000_000);
  note('10.0.0.1', 22, 7);
  note('fd00::1', 80, 8);
  note('10.0.0.1', 22, 9);
  assert.deepEqual([find('10.0.0.1', 80), find('10.0.0.1', 22), find('fd00::1', 80)], [2_000_000_000, 9, 8]);
});

test('a service that was never touched, or lost its place, is unknown and never another one', () => {
  const { note, find } = createTable();
  assert.equal(find('10.0.0.1', 80), 0);
  for (let port = 1; port < 65_536; port++) note('10.0.0.1', port, port);
  for (let port = 1; port < 65_536; port++) assert.ok([0, port].includes(find('10.0.0.1', port)));
});
