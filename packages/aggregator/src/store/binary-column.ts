import { ADDRESS_BYTES, writeAddress } from '@connscan/model';

/**
 * Some values of one type as PostgreSQL receives those of an array in binary, each behind its length. A row of sightings took
 * the embedded store 37 µs as text and 27 so, and a server 22 and 21.
 */
export type Column = {
  readonly type: keyof typeof OIDS;
  readonly count: number;
  readonly hasNull: boolean;
  readonly bytes: Buffer;
};

/** https://www.postgresql.org/docs/current/protocol.html has no numbers of types; these are of pg_type.dat, and never change. */
const OIDS = { bigint: 20, smallint: 21, integer: 23, inet: 869, timestamptz: 1184, uuid: 2950, jsonb: 3802 } as const;

/** Dimensions, whether there are nulls, the type, how many, and the number of the first; a word each. */
const HEAD_BYTES = 20;

/** Before each value is how many bytes it has; -1 is null. */
const LENGTH_BYTES = 4;

/** Timestamps are microseconds since 2000. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

/** The families of `inet`: its own numbers, whatever those of the system are. */
const [IPV4, IPV6] = [2, 3];

/** Family, bits, whether it is a range, and bytes of the address. */
const INET_HEAD_BYTES = 4;

type Write<Value> = (buffer: Buffer, at: number, value: Value) => void;

/** The parameter that is the array of all values of columns of one type: a `Buffer` is sent as it is. */
export function arrayOf(...columns: readonly [Column, ...Column[]]): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  const count = columns.reduce((sum, column) => sum + column.count, 0);
  const hasNull = columns.some((column) => column.hasNull);
  const words = [1, Number(hasNull), OIDS[columns[0].type], count, 1];
  for (const [place, word] of words.entries()) head.writeInt32BE(word, 4 * place);
  return Buffer.concat([head, ...columns.map(({ bytes }) => bytes)]);
}

export function integers(values: readonly number[]): Column {
  return fixed('integer', 4, values, (buffer, at, value) => void buffer.writeInt32BE(value, at));
}

export function smallints(values: readonly number[]): Column {
  return fixed('smallint', 2, values, (buffer, at, value) => void buffer.writeInt16BE(value, at));
}

/** Whole numbers from 0 to 2⁵³. */
export function bigints(values: readonly number[]): Column {
  return fixed('bigint', 8, values, writeInt64);
}

/** Milliseconds since 1970, rounded to whole ones. */
export function timestamps(wallMs: readonly number[]): Column {
  return fixed('timestamptz', 8, wallMs, (buffer, at, ms) =>
    writeInt64(buffer, at, (Math.round(ms) - EPOCH_MS) * 1000),
  );
}

/** So many times the same one, a text with hyphens. */
export function uuids(count: number, value: string): Column {
  const bytes = Buffer.from(value.replaceAll('-', ''), 'hex');
  return fixed('uuid', 16, Array<Buffer>(count).fill(bytes), (buffer, at) => void buffer.set(bytes, at));
}

/** Addresses in their one text form. */
export function inets(values: readonly string[]): Column {
  const bytes = values.reduce((sum, address) => sum + LENGTH_BYTES + INET_HEAD_BYTES + hostBytesOf(address), 0);
  const buffer = Buffer.allocUnsafe(bytes);
  const full = new Uint8Array(ADDRESS_BYTES);
  let at = 0;
  for (const address of values) {
    const hostBytes = hostBytesOf(address);
    writeAddress(address, full, 0);
    buffer.writeInt32BE(INET_HEAD_BYTES + hostBytes, at);
    buffer[at + 4] = hostBytes === 4 ? IPV4 : IPV6;
    buffer[at + 5] = 8 * hostBytes;
    buffer[at + 6] = 0;
    buffer[at + 7] = hostBytes;
    at += LENGTH_BYTES + INET_HEAD_BYTES;
    for (let place = ADDRESS_BYTES - hostBytes; place < ADDRESS_BYTES; place++) buffer[at++] = full[place]!;
  }
  return { type: 'inet', count: values.length, hasNull: false, bytes: buffer };
}

/** Values to be written as JSON; undefined is null. */
export function jsonbs(values: readonly unknown[]): Column {
  // Before the text is the version of the format, 1.
  const texts = values.map((value) => (value === undefined ? undefined : Buffer.from(`\x01${JSON.stringify(value)}`)));
  const bytes = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + LENGTH_BYTES + (text?.length ?? 0), 0));
  let at = 0;
  for (const text of texts) {
    bytes.writeInt32BE(text?.length ?? -1, at);
    if (text) bytes.set(text, at + LENGTH_BYTES);
    at += LENGTH_BYTES + (text?.length ?? 0);
  }
  return { type: 'jsonb', count: values.length, hasNull: texts.includes(undefined), bytes };
}

function hostBytesOf(address: string): number {
  return address.includes(':') ? ADDRESS_BYTES : 4;
}

/** Both halves: a BigInt for each would be an object. */
function writeInt64(buffer: Buffer, at: number, value: number): void {
  buffer.writeInt32BE(Math.floor(value / 2 ** 32), at);
  buffer.writeInt32BE(value | 0, at + 4);
}

function fixed<Value>(type: Column['type'], bytesOfOne: number, values: readonly Value[], write: Write<Value>): Column {
  const bytes = Buffer.allocUnsafe(values.length * (LENGTH_BYTES + bytesOfOne));
  let at = 0;
  for (const value of values) {
    bytes.writeInt32BE(bytesOfOne, at);
    write(bytes, at + LENGTH_BYTES, value);
    at += LENGTH_BYTES + bytesOfOne;
  }
  return { type, count: values.length, hasNull: false, bytes };
}
