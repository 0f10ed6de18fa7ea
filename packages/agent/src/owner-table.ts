import { REMOTE_ADDRESS_WORD, recordRemotePort, type Words } from '@connscan/probe';

/**
 * Which process of this host made the connections of a source: for each source the processes that touched the most
 * different services lately. A health checker that connects to the same three services for ever stays behind a scanner
 * that touches ten once. In shared memory beside the detector's tables, so any worker takes it up; bounded, and only the
 * host's own addresses are sources here, so a few lines are enough.
 *
 *     line: address 4 words | 6 × (process, bits of services 2 words, last second) | 4 words unused
 */
const LINES = 1024;
const LINE_WORDS = 32;
const SLOTS = 6;
const FIRST_SLOT = 4;
const SLOT_WORDS = 4;

/** A process that made no connection for so long begins anew, in seconds: a rollup period. */
const FORGET_SECONDS = 300;

/** Lines looked at for an address before the first of them is given up. */
const PROBES = 8;

export const OWNER_TABLE_BYTES = LINES * LINE_WORDS * 4;

export type OwnerTable = {
  /** Notes that the process (a serial number of the probe's process table) made this connection; allocates nothing. */
  note(words: Words, at: number, sourceWord: number, process: number, endedMs: number): void;
  /** The process that touched the most different services of late, 0 if none is known. `source` is 16 bytes. */
  find(source: Uint8Array): number;
};

/** `memory` has OWNER_TABLE_BYTES, zeroed at first. */
export function openOwnerTable(memory: SharedArrayBuffer): OwnerTable {
  const table = new Int32Array(memory);

  /** The first word of the line of an address, or of the place where one may begin; -1 if there is neither. */
  function lineOf(a: number, b: number, c: number, d: number, free: boolean): number {
    const home = mix(mix(a, b), mix(c, d));
    for (let probe = 0; probe < PROBES; probe++) {
      const line = ((home + probe) & (LINES - 1)) * LINE_WORDS;
      if (table[line] === a && table[line + 1] === b && table[line + 2] === c && table[line + 3] === d) return line;
      if (table[line + FIRST_SLOT] === 0) return free ? line : -1;
    }
    return free ? (home & (LINES - 1)) * LINE_WORDS : -1;
  }

  function slotOf(line: number, process: number, seconds: number): number {
    let worst = line + FIRST_SLOT;
    for (let number = 0; number < SLOTS; number++) {
      const slot = line + FIRST_SLOT + number * SLOT_WORDS;
      if (table[slot] === process) {
        if (seconds - table[slot + 3]! > FORGET_SECONDS) clear(slot, process);
        return slot;
      }
      if (weightAt(slot, seconds) < weightAt(worst, seconds)) worst = slot;
    }
    clear(worst, process);
    return worst;
  }

  function clear(slot: number, process: number): void {
    table[slot] = process;
    table[slot + 1] = 0;
    table[slot + 2] = 0;
  }

  /** Different services, as far as 64 bits tell: exact up to a few, a lower bound beyond. */
  function weightAt(slot: number, seconds: number): number {
    if (table[slot] === 0 || seconds - table[slot + 3]! > FORGET_SECONDS) return 0;
    return bitsIn(table[slot + 1]!) + bitsIn(table[slot + 2]!);
  }

  return {
    note(words, at, sourceWord, process, endedMs) {
      const a = words[at + sourceWord]! | 0;
      const b = words[at + sourceWord + 1]! | 0;
      const c = words[at + sourceWord + 2]! | 0;
      const d = words[at + sourceWord + 3]! | 0;
      const line = lineOf(a, b, c, d, true);
      if (table[line] !== a || table[line + 1] !== b || table[line + 2] !== c || table[line + 3] !== d) {
        table.fill(0, line, line + LINE_WORDS);
        table[line] = a;
        table[line + 1] = b;
        table[line + 2] = c;
        table[line + 3] = d;
      }
      const seconds = Math.floor(endedMs / 1000);
      const slot = slotOf(line, process, seconds);
      const to = at + REMOTE_ADDRESS_WORD;
      const service = mix(
        mix(words[to]! ^ words[to + 1]!, words[to + 2]! ^ words[to + 3]!),
        recordRemotePort(words, at),
      );
      table[slot + 1 + ((service >>> 5) & 1)]! |= 1 << (service & 31);
      table[slot + 3] = seconds;
    },

    find(source) {
      const [a = 0, b = 0, c = 0, d = 0] = new Int32Array(Uint8Array.from(source).buffer);
      const line = lineOf(a, b, c, d, false);
      if (line < 0) return 0;
      let best = 0;
      let most = 0;
      let latest = 0;
      for (let number = 0; number < SLOTS; number++) {
        latest = Math.max(latest, table[line + FIRST_SLOT + number * SLOT_WORDS + 3]!);
      }
      for (let number = 0; number < SLOTS; number++) {
        const slot = line + FIRST_SLOT + number * SLOT_WORDS;
        const weight = weightAt(slot, latest);
        if (weight > most) {
          most = weight;
          best = table[slot]!;
        }
      }
      return best;
    },
  };
}

/** Spreads two words over one; who collides only shares a line or a bit. */
function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0xc2b2ae35) ^ (hash >>> 13);
}

function bitsIn(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
