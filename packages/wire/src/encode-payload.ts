import type { Detection, Sighting } from '@connscan/model';
import { Packr } from 'msgpackr';
import type { Loss } from './loss.ts';

export { MAX_BATCH_ROWS } from './limits.ts';

/**
 * A payload is a header of three bytes, `c` `s` and the version, then one msgpack array of rows. Rows are msgpackr
 * records whose structure travels in the payload itself, so that any payload decodes alone, after any reconnect.
 * Shape of rows never changes within a version: test/golden holds payloads that must decode for ever. Version 1 was never
 * released and is refused.
 */
export const HEADER = Uint8Array.of(0x63, 0x73, 2);

export const packr = new Packr({ useRecords: true });

export function encodeDetections(rows: readonly Detection[]): Uint8Array {
  return encode(rows);
}

export function encodeSightings(rows: readonly Sighting[]): Uint8Array {
  return encode(rows);
}

export function encodeLosses(rows: readonly Loss[]): Uint8Array {
  return encode(rows);
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
