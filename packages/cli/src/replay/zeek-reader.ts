import { type Connection, DESTINATION, SOURCE } from './connection.ts';
import { latin1Text } from './latin1-text.ts';
import { parseAddressText } from './parse-address-text.ts';
import { parseCount, parseSeconds } from './parse-number.ts';
import { parseTime } from './parse-time.ts';
import { CONNECTION, PROBLEM, SKIP, type Verdict } from './verdict.ts';
import {
  CONN_STATE,
  createOwnColumns,
  createZeekColumns,
  DURATION,
  HISTORY,
  ORIG_BYTES,
  ORIG_H,
  PROTO,
  RESP_H,
  RESP_P,
  readHeader,
  TS,
  type ZeekColumns,
} from './zeek-columns.ts';
import { columnsOfJson } from './zeek-json.ts';
import { NOT_ENDED, outcomeOfHistory, outcomeOfState, RESPONDER_RESET, UNKNOWN_STATE } from './zeek-outcome.ts';

/** Columns looked at: Zeek writes 21 to 30. */
const MOST_COLUMNS = 256;

export type ZeekLimits = {
  /** An originator that sent more payload than this talked. */
  readonly maxOriginatorBytes: number;
  readonly maxLifetimeMs: number;
};

/** Reads the lines of conn.logs, header lines and JSON ones as they come. */
export type ZeekReader = {
  /** One line without its end: what it is, and if it is a connection, all of `connection`. Lines make no strings. */
  read(bytes: Uint8Array, from: number, to: number): Verdict;
  /** Another file: its header is to come. */
  restart(): void;
};

/** Results of its lines go into `connection`. */
export function createZeekReader(connection: Connection, limits: ZeekLimits): ZeekReader {
  let columns = createZeekColumns();
  const jsonColumns = createOwnColumns();
  const starts = new Int32Array(MOST_COLUMNS + 1);

  /** Whether the line has them all; where each begins goes to `starts`. */
  function split(bytes: Uint8Array, from: number, to: number, { count, separator }: ZeekColumns): boolean {
    starts[0] = from;
    let found = 1;
    for (let at = from; at < to; at++) {
      if (bytes[at] !== separator) continue;
      starts[found] = at + 1;
      if (found++ === count) return true;
    }
    starts[found] = to + 1;
    return found === count;
  }

  function readColumns(bytes: Uint8Array, from: number, to: number, layout: ZeekColumns): Verdict {
    const { places } = layout;
    if (layout.count === 0) return layout.problem;
    if (!split(bytes, from, to, layout)) return PROBLEM.TOO_SHORT;
    const start = (field: number) => starts[places[field]!]!;
    const end = (field: number) => starts[places[field]! + 1]! - 1;
    const isUnset = (field: number) => isSame(bytes, start(field), end(field), layout.unset);

    if (!isTcp(bytes, start(PROTO), end(PROTO))) return SKIP.NOT_TCP;
    let outcome = outcomeOfState(bytes, start(CONN_STATE), end(CONN_STATE));
    if (outcome === UNKNOWN_STATE) return PROBLEM.BAD_STATE;
    if (outcome === NOT_ENDED) return SKIP.NOT_ENDED;
    if (places[HISTORY]! >= 0) outcome = outcomeOfHistory(bytes, start(HISTORY), end(HISTORY), outcome);

    // Zeek leaves both unset where all packets have one time, as there is nothing that could have been said.
    const durationMs = isUnset(DURATION) ? 0 : parseSeconds(bytes, start(DURATION), end(DURATION));
    if (!(durationMs >= 0)) return PROBLEM.BAD_DURATION;
    if (outcome <= RESPONDER_RESET) {
      const sent = isUnset(ORIG_BYTES) ? 0 : parseCount(bytes, start(ORIG_BYTES), end(ORIG_BYTES));
      if (sent < 0) return PROBLEM.BAD_BYTES;
      if (sent > limits.maxOriginatorBytes) return SKIP.TALKED;
      if (durationMs > limits.maxLifetimeMs) return SKIP.LONG_LIVED;
    }
    const startedMs = parseTime(bytes, start(TS), end(TS));
    if (!(startedMs >= 0)) return PROBLEM.BAD_TIME;
    const port = parseCount(bytes, start(RESP_P), end(RESP_P));
    if (port < 1 || port > 65_535) return PROBLEM.BAD_PORT;
    const { words } = connection;
    if (!parseAddressText(bytes, start(ORIG_H), end(ORIG_H), words, SOURCE)) return PROBLEM.BAD_SOURCE;
    if (!parseAddressText(bytes, start(RESP_H), end(RESP_H), words, DESTINATION)) return PROBLEM.BAD_DESTINATION;
    connection.port = port;
    connection.outcome = outcome;
    connection.endedMs = startedMs + durationMs;
    return CONNECTION;
  }

  return {
    read(bytes, from, to) {
      if (from === to) return SKIP.HEADER;
      const first = bytes[from];
      if (first === 0x23 /* # */) return readHeader(columns, latin1Text(bytes, from, to));
      if (first !== 0x7b /* { */) return readColumns(bytes, from, to, columns);
      const line = columnsOfJson(bytes, from, to);
      return line ? readColumns(line, 0, line.length, jsonColumns) : PROBLEM.BAD_JSON;
    },
    restart() {
      columns = createZeekColumns();
    },
  };
}

function isTcp(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from === 3 && bytes[from] === 0x74 && bytes[from + 1] === 0x63 && bytes[from + 2] === 0x70;
}

function isSame(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  if (to - from !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return false;
  return true;
}
