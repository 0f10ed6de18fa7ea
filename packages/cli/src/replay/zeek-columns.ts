import { PROBLEM, SKIP, type Verdict } from './verdict.ts';

const TAB = 0x09;

/** The fields read of a conn.log, by their places in `ZeekColumns.places`. */
export const FIELDS = [
  'ts',
  'id.orig_h',
  'id.resp_h',
  'id.resp_p',
  'proto',
  'duration',
  'orig_bytes',
  'conn_state',
  'history',
] as const;

export const [TS, ORIG_H, RESP_H, RESP_P, PROTO, DURATION, ORIG_BYTES, CONN_STATE, HISTORY] =
  FIELDS.keys() as unknown as [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** The columns of a conn.log as its header says. */
export type ZeekColumns = {
  separator: number;
  /** What stands for no value. */
  unset: Uint8Array;
  /** Column of each of FIELDS. */
  readonly places: Int32Array;
  /** Columns up to the last one of these; 0 before a header with all of them. */
  count: number;
  /** A line before `count` was set, or a wrong one. */
  problem: Verdict;
};

export function createZeekColumns(): ZeekColumns {
  return {
    separator: TAB,
    unset: Buffer.from('-'),
    places: new Int32Array(FIELDS.length),
    count: 0,
    problem: PROBLEM.NO_FIELDS,
  };
}

/** Columns in the order of FIELDS. */
export function createOwnColumns(): ZeekColumns {
  return { ...createZeekColumns(), places: Int32Array.from(FIELDS.keys()), count: FIELDS.length };
}

/** Takes a line that begins with `#`. Files written one behind the other each have their own header. */
export function readHeader(columns: ZeekColumns, line: string): Verdict {
  const name = /^#[a-z_]+/.exec(line)?.[0] ?? '';
  const value = line.slice(name.length + 1);
  if (name === '#separator') {
    const byte = separatorOf(value);
    columns.count = 0;
    columns.problem = byte === undefined ? PROBLEM.BAD_HEADER : PROBLEM.NO_FIELDS;
    if (byte === undefined) return PROBLEM.BAD_HEADER;
    columns.separator = byte;
    columns.unset = Buffer.from('-');
  } else if (name === '#unset_field') {
    columns.unset = Buffer.from(value, 'latin1');
  } else if (name === '#fields') {
    const names = value.split(String.fromCharCode(columns.separator));
    columns.places.set(FIELDS.map((field) => names.indexOf(field)));
    // Only the history may be missing: what the state says is used then.
    const missing = columns.places.subarray(0, HISTORY).includes(-1);
    columns.count = missing ? 0 : Math.max(...columns.places) + 1;
  }
  return SKIP.HEADER;
}

/** `\x09`, or the character itself. */
function separatorOf(value: string): number | undefined {
  const hex = /^\\x([0-9a-f]{2})$/i.exec(value)?.[1];
  if (hex) return Number.parseInt(hex, 16);
  return value.length === 1 ? value.charCodeAt(0) : undefined;
}
