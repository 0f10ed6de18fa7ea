import {
  boundedArray,
  ConnscanError,
  type Detection,
  detectionSchema,
  problemsOf,
  type Sighting,
  sightingSchema,
} from '@connscan/model';
import { Packr } from 'msgpackr';
import type { z } from 'zod';
import { MAX_BATCH_ROWS } from './limits.ts';
import { type Loss, lossSchema } from './loss.ts';

/**
 * A payload is a header of three bytes, `c` `s` and the version, then one msgpack array of rows. Rows are msgpackr
 * records whose structure travels in the payload itself, so that any payload decodes alone, after any reconnect.
 * Shape of rows never changes within a version: test/golden holds payloads that must decode for ever. Version 1 was never
 * released and is refused.
 */
const HEADER = Uint8Array.of(0x63, 0x73, 2);

const packr = new Packr({ useRecords: true });

const detectionsSchema = boundedArray(detectionSchema, MAX_BATCH_ROWS);
const sightingsSchema = boundedArray(sightingSchema, MAX_BATCH_ROWS);
const lossesSchema = boundedArray(lossSchema, MAX_BATCH_ROWS);

export function encodeDetections(rows: readonly Detection[]): Uint8Array {
  return encode(rows);
}

export function encodeSightings(rows: readonly Sighting[]): Uint8Array {
  return encode(rows);
}

export function encodeLosses(rows: readonly Loss[]): Uint8Array {
  return encode(rows);
}

/** Decodes and validates; throws BAD_PAYLOAD naming the field and what would be right. */
export function decodeDetections(payload: Uint8Array): Detection[] {
  return decode(payload, detectionsSchema);
}

/** Decodes and validates; throws BAD_PAYLOAD naming the field and what would be right. */
export function decodeSightings(payload: Uint8Array): Sighting[] {
  return decode(payload, sightingsSchema);
}

/** Decodes and validates; throws BAD_PAYLOAD naming the field and what would be right. */
export function decodeLosses(payload: Uint8Array): Loss[] {
  return decode(payload, lossesSchema);
}

/** Rows of a payload that this program encoded, from the head of its msgpack array alone. */
export function countRows(payload: Uint8Array): number {
  const head = payload[HEADER.length]!;
  return head === 0xdc ? (payload[HEADER.length + 1]! << 8) | payload[HEADER.length + 2]! : head & 0x0f;
}

function encode(rows: readonly unknown[]): Uint8Array {
  const body = packr.pack(rows);
  const payload = new Uint8Array(HEADER.length + body.length);
  payload.set(HEADER);
  payload.set(body, HEADER.length);
  return payload;
}

function decode<Row>(payload: Uint8Array, schema: z.ZodType<Row[]>): Row[] {
  const rows = schema.safeParse(unpackRows(payload));
  if (rows.success) return rows.data;
  const [first = '', ...rest] = problemsOf(rows.error);
  throw new ConnscanError('BAD_PAYLOAD', rest.length ? `${first} (and ${rest.length} more)` : first);
}

function unpackRows(payload: Uint8Array): unknown {
  if (payload[0] !== HEADER[0] || payload[1] !== HEADER[1]) {
    throw new ConnscanError('BAD_PAYLOAD', 'payload: must begin with the bytes 63 73');
  }
  if (payload[2] !== HEADER[2]) {
    throw new ConnscanError(
      'BAD_PAYLOAD',
      `payload: version ${payload[2]} is unknown, this program reads ${HEADER[2]}`,
    );
  }
  try {
    return packr.unpack(payload.subarray(HEADER.length));
  } catch (cause) {
    throw new ConnscanError('BAD_PAYLOAD', 'payload: must be msgpack', { cause });
  }
}
