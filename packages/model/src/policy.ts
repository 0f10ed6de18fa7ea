import { z } from 'zod';
import { parseCidr } from './cidr.ts';

const seconds = (least: number, most: number) => z.number().int().min(least).max(most);

const cidr = z.string().refine((text) => parseCidr(text) !== undefined, {
  error: 'must be an address range such as 10.0.0.0/8, with no bits set behind its prefix',
});

const thresholds = z
  .strictObject({
    low: z.number().int().min(1).max(1024),
    medium: z.number().int().min(1).max(1024),
    high: z.number().int().min(1).max(1024),
  })
  .refine(({ low, medium, high }) => low <= medium && medium <= high, {
    error: 'must rise: low ≤ medium ≤ high',
  });

const corroborated = z.strictObject({
  abortedServices: z.number().int().min(1).max(1024),
  failedServices: z.number().int().min(1).max(1024),
});

/**
 * What an agent detects and with which limits. The one schema for config files, gRPC policies and GraphQL inputs.
 * Every default is given with its reason in docs/detection.md.
 */
export const policySchema = z.strictObject({
  /** Address ranges inside the network: only connections between two different addresses of these count. */
  internalCidrs: z
    .array(cidr)
    .min(1)
    .max(1024)
    .default(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10']),
  /** Look-back window of the distinct count, in seconds. */
  rollupPeriodSeconds: seconds(15, 3600).default(300),
  /** How often an ongoing detection repeats, in seconds. */
  updateIntervalSeconds: seconds(15, 3600).default(300),
  /** Distinct services within the rollup period, for each severity. */
  thresholds: thresholds.default({ low: 10, medium: 25, high: 100 }),
  /** Few aborted services are enough, at medium severity, when this many failed ones stand beside them. */
  corroborated: corroborated.default({ abortedServices: 3, failedServices: 15 }),
  /** An originator that sent more payload than this, in bytes, talked: an ordinary connection. */
  maxOriginatorBytes: z.number().int().min(0).max(255).default(16),
  /** A connection that lived longer than this, in seconds, is no probe. */
  maxLifetimeSeconds: seconds(1, 3600).default(60),
  /** Whether a connection that the originator ended by FIN counts as one ended by reset does. */
  countEmptyClose: z.boolean().default(true),
  /** How long a detection stays tentative before it is confirmed, in seconds; failures confirm it at once. */
  confirmSeconds: seconds(0, 3600).default(30),
});

/** A policy with every setting filled in. */
export type Policy = z.output<typeof policySchema>;

/** The policy of a new agent. */
export const DEFAULT_POLICY: Policy = policySchema.parse({});
