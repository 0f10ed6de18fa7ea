import { LOCAL_ADDRESS_WORD, recordLocalPort, recordProcess, type Words } from '@connscan/probe';

/**
 * Which process listens on a service of this host, by the connection that touched it last. In shared memory beside the
 * detector's tables; a service that collides with another takes its place, and then the listener is unknown.
 *
 *     line: address 4 words | port | process | 2 words unused
 */
const LINES = 4096;
const LINE_WORDS = 8;

export const SERVICE_TABLE_BYTES = LINES * LINE_WORDS * 4;

export type ServiceTable = {
  /** Notes the process of a record's local side; allocates nothing. */
  note(words: Words, at: number): void;
  /** Serial number in the probe's process table, 0 if unknown. `address` is 16 bytes. */
  find(address: Uint8Array, port: number): number;
};

/** `memory` has SERVICE_TABLE_BYTES, zeroed at first. */
export function openServiceTable(memory: SharedArrayBuffer): ServiceTable {
  const table = new Int32Array(memory);

  return {
    note(words, at) {
      const from = at + LOCAL_ADDRESS_WORD;
      const port = recordLocalPort(words, at);
      const line = lineOf(words[from]! | 0, words[from + 1]! | 0, words[from + 2]! | 0, words[from + 3]! | 0, port);
      for (let word = 0; word < 4; word++) table[line + word] = words[from + word]!;
      table[line + 4] = port;
      table[line + 5] = recordProcess(words, at);
    },
    find(address, port) {
      const [a = 0, b = 0, c = 0, d = 0] = new Int32Array(Uint8Array.from(address).buffer);
      const line = lineOf(a, b, c, d, port);
      const same =
        table[line] === a &&
        table[line + 1] === b &&
        table[line + 2] === c &&
        table[line + 3] === d &&
        table[line + 4] === port;
      return same ? table[line + 5]! : 0;
    },
  };
}

function lineOf(a: number, b: number, c: number, d: number, port: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(c ^ Math.imul(d, 0x9e3779b1), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15) ^ port, 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) & (LINES - 1)) * LINE_WORDS;
}
