import { PROBLEM, type Verdict } from './verdict.ts';

/** The fields read of a conn.log. */
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

/** Their places in FIELDS. */
export const TS = 0;
export const ORIG_H = 1;
export const RESP_H = 2;
export const RESP_P = 3;
export const PROTO = 4;
export const DURATION = 5;
export const ORIG_BYTES = 6;
export const CONN_STATE = 7;
export const HISTORY = 8;

/** Columns looked at; Zeek writes 21 to 30. */
export const MOST_COLUMNS = 256;

const TAB = 0x09;

/** The columns of a conn.log as its header says. */
export type ZeekColumns = {
  readonly separator: number;
  /** What stands for no value. */
  readonly unset: Uint8Array;
  /** Column of each of FIELDS; -1 for a history that is not there. */
  readonly places: Int32Array;
  /** Columns up to the last one of these. */
  readonly count: number;
  /** Why its lines cannot be read. */
  readonly problem?: Verdict;
};

/** Before any header. */
export const NO_COLUMNS: ZeekColumns = {
  separator: TAB,
  unset: Buffer.from('-'),
  places: new Int32Array(FIELDS.length),
  count: 0,
  problem: PROBLEM.NO_FIELDS,
};

/** Columns in the order of FIELDS. */
export const FIELD_COLUMNS: ZeekColumns = {
  separator: TAB,
  unset: NO_COLUMNS.unset,
  places: Int32Array.from(FIELDS.keys()),
  count: FIELDS.length,
};

/** The columns after a line that begins with `#`. Each of the logs that are written one behind the other has its header. */
export function readHeader(columns: ZeekColumns, line: string): ZeekColumns {
  const name = /^#[a-z_]+/.exec(line)?.[0] ?? '';
  const value = line.slice(name.length + 1);
  switch (name) {
    case '#separator': {
      const separator = separatorOf(value);
      return separator === undefined ? { ...NO_COLUMNS, problem: PROBLEM.BAD_SEPARATOR } : { ...NO_COLUMNS, separator };
    }
    case '#unset_field':
      return { ...columns, unset: Buffer.from(value, 'latin1') };
    case '#fields':
      return withFields(columns, value.split(String.fromCharCode(columns.separator)));
    default:
      return columns;
  }
}

/** Only the history may be missing: the state says nearly as much. */
function withFields({ separator, unset }: ZeekColumns, names: readonly string[]): ZeekColumns {
  const places = Int32Array.from(FIELDS, (field) => names.indexOf(field));
  const count = Math.max(...places) + 1;
  if (places.subarray(0, HISTORY).includes(-1) || count > MOST_COLUMNS) return { ...NO_COLUMNS, separator, unset };
  return { separator, unset, places, count };
}

/** `\x09`, or the character itself. */
function separatorOf(value: string): number | undefined {
  const hex = /^\\x([0-9a-f]{2})$/i.exec(value)?.[1];
  if (hex) return Number.parseInt(hex, 16);
  return value.length === 1 ? value.charCodeAt(0) : undefined;
}
