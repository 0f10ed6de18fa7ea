import { z } from 'zod';
import { canonicalAddress } from './address.ts';
import { OUTCOMES } from './outcome.ts';
import { listenerSchema } from './process.ts';
import { wallMsSchema } from './wall-ms.ts';

/** An address in its one text form; other spellings of the same address are normalised. */
export const addressSchema = z.string().transform((text, context) => {
  const address = canonicalAddress(text);
  if (address === undefined) context.addIssue({ code: 'custom', message: 'must be an IPv4 or IPv6 address' });
  return address ?? '';
});

export const portSchema = z.number().int().min(1).max(65535);

/** What no sensor reaches between two tellings; counts of an hour are sums of it, and must not outgrow 63 bits by a few lies. */
const MAX_CONNECTIONS = 0xffff_ffff;

/** Connections of one source to one service with one outcome, since the sensor last told of them. */
export const sightingSchema = z.strictObject({
  source: addressSchema,
  destination: addressSchema,
  port: portSchema,
  outcome: z.enum(OUTCOMES),
  firstSeenMs: wallMsSchema,
  lastSeenMs: wallMsSchema,
  connections: z.number().int().min(1).max(MAX_CONNECTIONS),
  /** Who listens there, if the sensor is on the target and knows it. */
  listener: listenerSchema.optional(),
});

export type Sighting = z.output<typeof sightingSchema>;
