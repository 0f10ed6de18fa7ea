import { z } from 'zod';
import { canonicalAddress } from './address.ts';
import { OUTCOMES } from './outcome.ts';

/** An address in its one text form; other spellings of the same address are normalised. */
export const addressSchema = z.string().transform((text, context) => {
  const address = canonicalAddress(text);
  if (address === undefined) context.addIssue({ code: 'custom', message: 'must be an IPv4 or IPv6 address' });
  return address ?? '';
});

export const portSchema = z.number().int().min(1).max(65535);

/** Wall-clock time in milliseconds since 1970; up to the year 2100, so that a wild clock cannot poison the store. */
export const wallMsSchema = z.number().min(0).max(4_102_444_800_000);

/** Connections of one source to one service with one outcome, since the sensor last told of them. */
export const sightingSchema = z.strictObject({
  source: addressSchema,
  destination: addressSchema,
  port: portSchema,
  outcome: z.enum(OUTCOMES),
  firstSeenMs: wallMsSchema,
  lastSeenMs: wallMsSchema,
  connections: z.number().int().min(1),
});

export type Sighting = z.output<typeof sightingSchema>;
