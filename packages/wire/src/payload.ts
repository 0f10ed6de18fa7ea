import {
  boundedArray,
  ConnscanError,
  type Detection,
  detectionSchema,
  problemsOf,
  type Sighting,
  sightingSchema,
} from '@connscan/model';
import type { z } from 'zod';
import { HEADER, packr } from './encode-payload.ts';
import { MAX_BATCH_ROWS } from './limits.ts';
import { type Loss, lossSchema } from './loss.ts';

const detectionsSchema = boundedArray(detectionSchema, MAX_BATCH_ROWS);
const sightingsSchema = boundedArray(sightingSchema, MAX_BATCH_ROWS);
const lossesSchema = boundedArray(lossSchema, MAX_BATCH_ROWS);

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
