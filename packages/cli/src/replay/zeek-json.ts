import { FIELDS, TS } from './zeek-columns.ts';

/** Times above this are milliseconds, as `JSON::TS_MILLIS` writes them: as seconds they are in the year 5138. */
const LATEST_SECONDS = 1e11;

/**
 * A JSON line of a conn.log as the columns FIELDS of a TSV line, so that one reader judges both; undefined if it is
 * none. The parse takes most of the time that a line takes.
 */
export function columnsOfJson(bytes: Uint8Array, from: number, to: number): Uint8Array | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString();
  const record = parseObject(text);
  if (!record || typeof record.conn_state !== 'string') return undefined;
  const { ts } = record;
  const cells = FIELDS.map((field) => record[field] ?? '-');
  if (typeof ts === 'number' && ts > LATEST_SECONDS) cells[TS] = ts / 1000;
  const line = cells.join('\t');
  // A tab can only come from an escape, of which none of these fields has need.
  if (text.includes('\\') && line.split('\t').length > FIELDS.length) return undefined;
  return Buffer.from(line, 'latin1');
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    // The line begins with a brace: if it can be read it is an object.
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
