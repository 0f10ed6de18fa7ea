import { crc32 } from 'node:zlib';
import { LOSS_REASONS } from '@connscan/wire';
import { z } from 'zod';

/** Bytes of a slot. It never grows, so that it can be overwritten on a full disk. */
export const SLOT_BYTES = 2 ** 17;

/** Ranges that a slot has room for at most, with numbers of twelve digits beside two full loss batches. */
export const MAX_RANGES = 3000;

const HEADER_BYTES = 8;

const count = z.number().int().min(0);
const range = z.tuple([count, count]);
const loss = z.object({
  from: count,
  through: count,
  batches: count,
  rows: count.optional(),
  reason: z.enum(LOSS_REASONS),
});

const cursorStateSchema = z.object({
  /** Rises with each change. */
  version: count,
  epoch: z.uuid(),
  /** The highest number that was given to a batch. */
  through: count,
  lostFull: count,
  lostDamage: count,
  /** Numbers acknowledged or lost. */
  settled: z.array(range),
  /** Whether `settled` has also what is on disk, as it would be more than MAX_RANGES without. */
  coarse: z.boolean(),
  /** The loss batch that waits to be acknowledged. */
  told: z.object({ seq: count, timeMs: count, losses: z.array(loss) }).optional(),
  /** What a later loss batch will tell. */
  untold: z.array(loss),
});

/** All that a spool knows and its segments do not. */
export type CursorState = z.output<typeof cursorStateSchema>;

/** A slot's content: length 4, CRC 4, JSON. Undefined if it does not fit. */
export function encodeCursorState(state: CursorState): Buffer | undefined {
  const text = Buffer.from(JSON.stringify(state));
  if (HEADER_BYTES + text.length > SLOT_BYTES) return undefined;
  const bytes = Buffer.alloc(HEADER_BYTES + text.length);
  bytes.writeUInt32BE(text.length, 0);
  text.copy(bytes, HEADER_BYTES);
  bytes.writeUInt32BE(checksum(bytes), 4);
  return bytes;
}

/** Undefined if the slot is empty, torn or damaged. */
export function decodeCursorState(slot: Buffer): CursorState | undefined {
  if (slot.length < HEADER_BYTES) return undefined;
  const end = HEADER_BYTES + slot.readUInt32BE(0);
  const bytes = slot.subarray(0, end);
  if (end === HEADER_BYTES || end > slot.length || bytes.readUInt32BE(4) !== checksum(bytes)) return undefined;
  return cursorStateSchema.safeParse(JSON.parse(bytes.toString('utf8', HEADER_BYTES))).data;
}

function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(HEADER_BYTES), crc32(bytes.subarray(0, 4)));
}
