import { LATEST_WALL_MS } from '@connscan/model';
import { type Connection, type ConnectionLimits, DESTINATION, SOURCE } from './connection.ts';
import { latin1Text } from './latin1-text.ts';
import { parseAddressText } from './parse-address-text.ts';
import { parseCount, parseSeconds } from './parse-number.ts';
import { parseTime } from './parse-time.ts';
import { CONNECTION, PROBLEM, SKIP, type Verdict } from './verdict.ts';
import {
  CONN_STATE,
  DURATION,
  FIELD_COLUMNS,
  HISTORY,
  MOST_COLUMNS,
  NO_COLUMNS,
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

const HASH = 0x23;
const BRACE = 0x7b;

/** Reads one conn.log, with lines of either kind as they come. */
export type ZeekReader = {
  /**
   * What a line without its end is. `connection` tells when it ended unless it is malformed or a header, and if it is
   * one for the detector all the rest. Makes no object of a TSV line.
   */
  read(bytes: Uint8Array, from: number, to: number): Verdict;
};

/** A reader that writes what it reads into `connection`. What leaves a line out is found first. */
export function createZeekReader(connection: Connection, limits: ConnectionLimits): ZeekReader {
  /** As the last header said. */
  let header = NO_COLUMNS;
  /** Of the line that is read, and where each of its columns begins. */
  let columns = NO_COLUMNS;
  let line: Uint8Array = Buffer.alloc(0);
  const starts = new Int32Array(MOST_COLUMNS + 1);

  const start = (field: number) => starts[columns.places[field]!]!;
  const end = (field: number) => starts[columns.places[field]! + 1]! - 1;
  const is = (field: number, word: Uint8Array) => isSame(line, start(field), end(field), word);

  function readColumns(): Verdict {
    // Zeek leaves duration and bytes unset where all packets have one time.
    const durationMs = is(DURATION, columns.unset) ? 0 : parseSeconds(line, start(DURATION), end(DURATION));
    if (!(durationMs >= 0)) return PROBLEM.BAD_DURATION;
    connection.endedMs = parseTime(line, start(TS), end(TS)) + durationMs;
    if (!(connection.endedMs <= LATEST_WALL_MS)) return PROBLEM.BAD_TIME;

    if (!is(PROTO, TCP)) return SKIP.NOT_TCP;
    const outcome = readOutcome();
    if (outcome === UNKNOWN_STATE) return PROBLEM.BAD_STATE;
    if (outcome === NOT_ENDED) return SKIP.NOT_ENDED;
    if (outcome <= RESPONDER_RESET) {
      const sent = is(ORIG_BYTES, columns.unset) ? 0 : parseCount(line, start(ORIG_BYTES), end(ORIG_BYTES));
      if (sent < 0) return PROBLEM.BAD_BYTES;
      if (sent > limits.maxOriginatorBytes) return SKIP.TALKED;
      if (durationMs > limits.maxLifetimeMs) return SKIP.LONG_LIVED;
    }
    const port = parseCount(line, start(RESP_P), end(RESP_P));
    if (port < 1 || port > 65_535) return PROBLEM.BAD_PORT;
    const { words } = connection;
    if (!parseAddressText(line, start(ORIG_H), end(ORIG_H), words, SOURCE)) return PROBLEM.BAD_SOURCE;
    if (!parseAddressText(line, start(RESP_H), end(RESP_H), words, DESTINATION)) return PROBLEM.BAD_DESTINATION;
    connection.port = port;
    connection.outcome = outcome;
    return CONNECTION;
  }

  function readOutcome(): number {
    const told = outcomeOfState(line, start(CONN_STATE), end(CONN_STATE));
    if (told <= NOT_ENDED || columns.places[HISTORY] === -1) return told;
    return outcomeOfHistory(line, start(HISTORY), end(HISTORY), told);
  }

  function readLine(bytes: Uint8Array, from: number, to: number, layout: ZeekColumns): Verdict {
    if (layout.problem !== undefined) return layout.problem;
    if (!findColumns(starts, bytes, from, to, layout)) return PROBLEM.TOO_SHORT;
    line = bytes;
    columns = layout;
    return readColumns();
  }

  return {
    read(bytes, from, to) {
      if (from === to) return SKIP.HEADER;
      if (bytes[from] === HASH) {
        header = readHeader(header, latin1Text(bytes, from, to));
        return SKIP.HEADER;
      }
      if (bytes[from] !== BRACE) return readLine(bytes, from, to, header);
      const cells = columnsOfJson(bytes, from, to);
      return cells ? readLine(cells, 0, cells.length, FIELD_COLUMNS) : PROBLEM.BAD_JSON;
    },
  };
}

const TCP = Buffer.from('tcp');

/** Where each column begins, and where one behind the last would; false if there are too few. */
function findColumns(
  starts: Int32Array,
  bytes: Uint8Array,
  from: number,
  to: number,
  { count, separator }: ZeekColumns,
): boolean {
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

function isSame(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  if (to - from !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return false;
  return true;
}
