import { z } from 'zod';
import { boundedArray } from './bounded-array.ts';
import { MODEL_NAMES } from './detection-model.ts';
import { ALERT_TYPES, CONFIDENCES, END_REASONS, MAX_SAMPLES, RULES } from './detection-words.ts';
import { OUTCOMES } from './outcome.ts';
import { processSchema, snapshotSchema } from './process.ts';
import { SEVERITIES } from './severity.ts';
import { addressSchema, portSchema, sightingSchema } from './sighting.ts';
import { wallMsSchema } from './wall-ms.ts';

const count = z.number().int().min(0);

/**
 * One alert of one episode: what is known of a scan at the moment of its start, of an ongoing update, or of its end.
 * Alerts of one episode share `id`; a higher `revision` replaces a lower one.
 */
export const detectionSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hexadecimal digits'),
  revision: z.number().int().min(1),
  model: z.enum(MODEL_NAMES),
  alertType: z.enum(ALERT_TYPES),
  severity: z.enum(SEVERITIES),
  confidence: z.enum(CONFIDENCES),
  rule: z.enum(RULES),
  /** Of the policy that it was judged by, see policy-hash.ts; left out where no agent judged it. */
  policyHash: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'must be 16 lower-case hexadecimal digits')
    .optional(),
  /** Distinct services that the rule asks for at this severity. */
  threshold: count,
  endReason: z.enum(END_REASONS).optional(),
  source: addressSchema,
  /** 64: all addresses of the /64 that `source` begins, together. Left out: that one address. */
  sourcePrefixBits: z.literal(64).optional(),
  /** Within the rollup period, at this alert. */
  distinctServices: count,
  distinctHosts: count,
  distinctPorts: count,
  /** Distinct services that refused or did not answer, within the rollup period. */
  failedServices: count,
  /** Distinct services that the source did not touch before, within the slow period. */
  slowServices: count,
  /** Services touched within the rollup period that are left out as habitual. */
  habitualServices: count,
  /** Connections to the counted and failed services within the rollup period, by the latest outcome of each service. */
  connections: z.record(z.enum(OUTCOMES), count),
  /** The distinct count reached the cap of the table and is a lower bound. */
  atLeast: z.boolean(),
  firstSeenMs: wallMsSchema,
  lastSeenMs: wallMsSchema,
  /** When the connection ended that crossed the threshold. */
  startedMs: wallMsSchema,
  endedMs: wallMsSchema.optional(),
  /** Destination ports by how many hosts they were touched on, most first. */
  topPorts: boundedArray(z.strictObject({ port: portSchema, hosts: count }), MAX_SAMPLES),
  /** The most recent services. */
  samples: boundedArray(sightingSchema.omit({ source: true }), MAX_SAMPLES),
  techniques: boundedArray(z.string().max(20), 10),
  /** Who did it, if the sensor is on the scanning host and knows it. */
  process: processSchema.optional(),
  /** Of the same process, taken when the detection was confirmed. */
  snapshot: snapshotSchema.optional(),
});

export type Detection = z.output<typeof detectionSchema>;
